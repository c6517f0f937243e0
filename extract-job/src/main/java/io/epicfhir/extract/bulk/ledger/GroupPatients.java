package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.Json;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * The patients of a group that earlier exports had, as digests of their ids: {@code
 * state/groups/<group>.patients}. Who is not among them has joined the group since.
 */
public final class GroupPatients {
  private static final int DIGEST_BYTES = 8;
  private static final String SUFFIX = "patients";
  private static final String FORGOTTEN = "forgotten";

  private final Lake lake;
  private final String group;

  /**
   * Patients whose past has not come yet.
   *
   * @param exportId the export that first had them, or the run that readmitted them
   * @param readmitted whether some of them were on the opt-out list; false in an older version's
   *     file
   */
  public record Joined(String exportId, int patients, Instant noticedAt, boolean readmitted)
      implements StateFile {}

  public GroupPatients(Lake lake, String group) {
    this.lake = lake;
    this.group = group;
  }

  /** Names a patient without the id. */
  public static String digest(String id) {
    return Sha256.name(id, DIGEST_BYTES);
  }

  /** Those that are known; empty if no export has reported any. */
  public Optional<Set<String>> known() {
    return Optional.of(read(file(SUFFIX))).filter(patients -> !patients.isEmpty());
  }

  private Set<String> read(Path file) {
    return lake.read(file)
        .map(String::lines)
        .orElse(Stream.of())
        .filter(line -> !line.isBlank())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** How many of the patients are not known; none where nothing is known at all. */
  public int newcomers(Collection<String> patients) {
    Optional<Set<String>> known = known();
    return known.isEmpty()
        ? 0
        : (int) patients.stream().filter(one -> !known.get().contains(one)).distinct().count();
  }

  /**
   * Those of other groups.
   *
   * @param groups whose exports are asked for
   */
  public Set<String> ofOthers(Collection<String> groups) {
    Set<String> others = new TreeSet<>();
    for (String other : groups) {
      if (!other.equals(group)) {
        others.addAll(new GroupPatients(lake, other).known().orElse(Set.of()));
      }
    }
    return others;
  }

  /** A full export says who belongs to the group. */
  public void replace(Collection<String> patients) {
    lake.write(file(SUFFIX), String.join("\n", new TreeSet<>(patients)) + "\n");
  }

  /** An incremental one adds whom it had. */
  public void add(Collection<String> patients) {
    Set<String> all = new TreeSet<>(known().orElse(Set.of()));
    all.addAll(patients);
    replace(all);
  }

  /** The list is not kept any more: nobody is known until a full export lands while it is. */
  public void forget() {
    lake.write(file(FORGOTTEN), "");
    lake.delete(file(SUFFIX));
  }

  /** Whether no full export has landed since the list was not kept. */
  public boolean isForgotten() {
    return lake.exists(file(FORGOTTEN));
  }

  /** A full export has landed: it has said what it knows of the group's patients. */
  public void landedInFull() {
    lake.delete(file(FORGOTTEN));
  }

  /** Those whose past has not come yet. */
  public Optional<Joined> joined() {
    Path file = file("joined.json");
    return lake.read(file).map(text -> Json.read(text, Joined.class, file.toString()));
  }

  public void join(Joined joined) {
    lake.write(file("joined.json"), Json.write(joined));
  }

  /**
   * A full export that was asked for at a time brought the past of those who had joined by then.
   */
  public void forgetJoined(Instant askedAt) {
    if (joined().filter(joined -> !joined.noticedAt().isAfter(askedAt)).isPresent()) {
      lake.delete(file("joined.json"));
    }
  }

  private Path file(String name) {
    return lake.paths().state("groups/" + ExportId.of(group) + "." + name);
  }
}
