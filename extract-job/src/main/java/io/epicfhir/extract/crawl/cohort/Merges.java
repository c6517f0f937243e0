package io.epicfhir.extract.crawl.cohort;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.JsonBytes;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.source.answer.OutcomeWords;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Which patients were merged into which: by the redirects of searches with a retired id, and by
 * {@code Patient.link}; standard: https://hl7.org/fhir/R4/patient.html#links. A merge that was
 * known before holds until it is seen to be undone: a survivor who did not change does not come
 * again.
 */
public final class Merges {
  /** Epic's code of a patient who was merged into another. */
  public static final String EPIC_MERGED = "4107";

  /** A search with a retired id, where the answer names the survivor. */
  public static final String MERGED = "merged";

  private static final Set<String> CODES = Set.of(EPIC_MERGED, MERGED);
  public static final String PATIENT = "Patient";

  private final References patients;
  private final OptOuts optOuts;
  private final Map<String, String> survivors = new TreeMap<>();
  private final Set<String> linked = new TreeSet<>();
  private final Map<String, String> before = new TreeMap<>();
  private final Set<String> linkedBefore = new TreeSet<>();
  private final Set<String> watched = new HashSet<>();
  private final Set<String> came = new HashSet<>();

  public Merges(URI base) {
    this(base, OptOuts.NONE);
  }

  /**
   * @param optOuts whose records stay out: nobody asks for who is on the list
   */
  public Merges(URI base, OptOuts optOuts) {
    this.patients = References.to(base, PATIENT);
    this.optOuts = optOuts;
  }

  /** Whether a patient's records stay out. */
  public synchronized boolean staysOut(String patient) {
    return optOuts.has(PATIENT, patient);
  }

  /** Who among them was merged into one on the list, as {@code KeptOut} has it. */
  public synchronized Set<String> keptOut(Collection<String> patients) {
    return patients.stream()
        .map(id -> PATIENT + "/" + id)
        .filter(optOuts::isLearned)
        .map(optOuts::entry)
        .collect(Collectors.toSet());
  }

  /** Those of the patients who were merged into one whose records stay out: now theirs do, too. */
  public Set<String> intoWhoStaysOut(Predicate<String> patient) {
    Set<String> all = new TreeSet<>(all().keySet());
    all.removeIf(
        retired -> !patient.test(retired) || survivor(retired).filter(this::staysOut).isEmpty());
    return all;
  }

  /** Whether all of a search's codes say that its patient was merged. */
  public static boolean only(Set<String> codes) {
    return !codes.isEmpty() && CODES.containsAll(codes);
  }

  /**
   * The patient that a redirect leads to; empty where it names none at the base, as one to a
   * sign-in page does, and where it cannot be read.
   */
  public String target(String location) {
    try {
      return readTarget(location);
    } catch (IllegalArgumentException e) { // a percent sign with no number after it
      return "";
    }
  }

  private String readTarget(String location) {
    String relative = patients.relative(location);
    int query = relative.indexOf('?');
    String id = patients.id(query < 0 ? relative : relative.substring(0, query));
    if (!id.isEmpty() || query < 0 || !OutcomeWords.isResourceType(relative.substring(0, query))) {
      return id;
    }
    boolean ofPatient = relative.startsWith(PATIENT + "?");
    for (String pair : relative.substring(query + 1).split("&", -1)) {
      String name = pair.replaceFirst("=.*", "");
      if (name.equals(ofPatient ? "_id" : "patient") || name.equals("subject")) {
        String value = URLDecoder.decode(pair.replaceFirst("[^=]*=?", ""), StandardCharsets.UTF_8);
        return value.startsWith(PATIENT + "/") ? value.substring(PATIENT.length() + 1) : value;
      }
    }
    return "";
  }

  /**
   * Merges that were known before.
   *
   * @param known each as "retired survivor"
   * @param links those among them that {@code Patient.link} gave
   */
  public synchronized void remember(Collection<String> known, Collection<String> links) {
    for (String line : known) {
      String[] pair = line.split(" ", -1);
      before.put(pair[0], pair[1]);
      watched.addAll(List.of(pair));
      if (links.contains(line)) {
        linkedBefore.add(pair[0]);
      }
    }
  }

  /** A patient's own record is there, under this id. */
  public synchronized void came(String patient) {
    if (watched.contains(patient)) {
      came.add(patient);
    }
  }

  /** One was merged into another. */
  public synchronized void add(String retired, String survivor) {
    if (!retired.isEmpty() && !survivor.isEmpty() && !retired.equals(survivor)) {
      survivors.put(retired, survivor);
    }
  }

  /** Takes the links of a patient. */
  void read(byte[] bytes, int offset, int length) throws IOException {
    JsonNode patient = JsonBytes.MAPPER.readTree(bytes, offset, length);
    String id = patient.path("id").asText();
    came(id);
    for (JsonNode link : patient.path("link")) {
      String other = patients.id(link.path("other").path("reference").asText());
      switch (link.path("type").asText()) {
        case "replaces" -> link(other, id);
        case "replaced-by" -> link(id, other);
        default -> {} // refer and seealso: both records stay in use
      }
    }
  }

  private synchronized void link(String retired, String survivor) {
    add(retired, survivor);
    linked.add(retired);
  }

  /** Takes the links of a patient. */
  public void read(byte[] patient) {
    try {
      read(patient, 0, patient.length);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bronze takes in whole resources only
    }
  }

  /** Takes the links of all patients in the spool. */
  public void read(Spool spool) {
    if (spool.types().contains(PATIENT)) {
      spool.read(
          PATIENT,
          true,
          record -> {
            for (Entry entry : record.entries()) {
              if (entry.kind() == Entry.Kind.RESOURCE && !entry.id().isEmpty()) {
                read(record.body(), entry.offset(), entry.length());
              }
            }
          });
    }
  }

  /** Who stands for a retired patient, at the end of all merges; empty where nobody does. */
  public synchronized Optional<String> survivor(String patient) {
    Set<String> seen = new HashSet<>(Set.of(patient));
    String last = patient;
    String next = next(patient);
    while (next != null && seen.add(next)) {
      last = next;
      next = next(next);
    }
    return last.equals(patient) ? Optional.empty() : Optional.of(last);
  }

  /**
   * Undone is what was known before where the retired has a record of its own again, or the
   * survivor's record no longer has the link that reported it.
   */
  private String next(String retired) {
    String known = before.get(retired);
    boolean undone =
        came.contains(retired) || (linkedBefore.contains(retired) && came.contains(known));
    return survivors.getOrDefault(retired, undone ? null : known);
  }

  /** All that are known, the retired before the survivor. */
  public synchronized Map<String, String> all() {
    Map<String, String> all = new TreeMap<>(survivors);
    for (String retired : before.keySet()) {
      String survivor = next(retired);
      if (survivor != null) {
        all.put(retired, survivor);
      }
    }
    return all;
  }

  /** Those of {@link #all} that {@code Patient.link} gives, or gave when the record last came. */
  public synchronized Map<String, String> links() {
    Map<String, String> links = all();
    links
        .entrySet()
        .removeIf(
            merge ->
                !linked.contains(merge.getKey())
                    && !(linkedBefore.contains(merge.getKey())
                        && merge.getValue().equals(before.get(merge.getKey()))
                        && !came.contains(merge.getValue())));
    return links;
  }
}
