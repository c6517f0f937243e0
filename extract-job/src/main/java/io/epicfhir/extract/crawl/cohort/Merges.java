package io.epicfhir.extract.crawl.cohort;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which patients were merged into which: by the redirects of searches with a retired id, and by
 * {@code Patient.link}; standard: https://hl7.org/fhir/R4/patient.html#links.
 */
public final class Merges {
  /** Epic's code of a patient who was merged into another. */
  public static final String EPIC_MERGED = "4107";

  /** A search with a retired id, where the answer names the survivor. */
  public static final String MERGED = "merged";

  private static final Set<String> CODES = Set.of(EPIC_MERGED, MERGED);
  public static final String PATIENT = "Patient";

  private final References patients;
  private final Map<String, String> survivors = new TreeMap<>();

  public Merges(URI base) {
    this.patients = References.to(base, PATIENT);
  }

  /** Whether all of a search's codes say that its patient was merged. */
  public static boolean only(Set<String> codes) {
    return !codes.isEmpty() && CODES.containsAll(codes);
  }

  /**
   * The patient that a redirect leads to; empty where it names none at the base, as one to a
   * sign-in page does.
   */
  public String target(String location) {
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
    for (JsonNode link : patient.path("link")) {
      String other = patients.id(link.path("other").path("reference").asText());
      switch (link.path("type").asText()) {
        case "replaces" -> add(other, id);
        case "replaced-by" -> add(id, other);
        default -> {} // refer and seealso: both records stay in use
      }
    }
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
    String next = survivors.get(patient);
    while (next != null && seen.add(next)) {
      last = next;
      next = survivors.get(next);
    }
    return last.equals(patient) ? Optional.empty() : Optional.of(last);
  }

  /** All that are known, the retired before the survivor. */
  public synchronized Map<String, String> all() {
    return new TreeMap<>(survivors);
  }
}
