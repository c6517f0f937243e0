package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.UnreadFile;
import io.epicfhir.transform.silver.BronzeFiles;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Looks for patients' charts in silver and bronze, as they will be once the pending exports are
 * applied. A pending export with a damaged file is left out, as silver leaves it out; of a type
 * that is rebuilt bronze tells where silver cannot be read. Where another file cannot be read, no
 * chart is known.
 */
final class ChartSearch {
  private final SparkSession spark;
  private final Lake lake;
  private final OptOuts listed;
  private final Set<String> pending;
  private final Set<String> rebuilt;
  private final Set<String> anew = new TreeSet<>();
  private final List<Landing> landings;
  private final Map<String, String> damaged = new TreeMap<>();
  private Optional<UnreadFile> unread = Optional.empty();

  /**
   * Reads the footers of all of bronze.
   *
   * @param listed whose erasure is settled: what an earlier one has left of them counts, too
   * @param pending the landings that are not applied yet
   * @param rebuilt the types that are rebuilt
   */
  ChartSearch(
      SparkSession spark,
      Lake lake,
      OptOuts listed,
      Collection<Landing> pending,
      Set<String> rebuilt) {
    this.rebuilt = Set.copyOf(rebuilt);
    this.spark = spark;
    this.lake = lake;
    this.listed = listed;
    this.pending = pending.stream().map(Landing::exportId).collect(Collectors.toSet());
    this.landings = new ArrayList<>(new Landings(lake).all());
    List.copyOf(landings).forEach(landing -> problem(landing).ifPresent(w -> leaveOut(landing, w)));
  }

  private Optional<String> problem(Landing landing) {
    Map<String, String> problems = new ConcurrentSkipListMap<>();
    landing.files().parallelStream()
        .filter(file -> file.kind() == Landing.Kind.RESOURCES)
        .forEach(
            file ->
                LandedFile.problem(lake, file)
                    .ifPresent(
                        why ->
                            problems.put(
                                file.path(), BronzeFiles.message(landing, file.path(), why))));
    return problems.values().stream().findFirst();
  }

  private void leaveOut(Landing landing, String why) {
    landings.remove(landing);
    if (!pending.contains(landing.exportId())) {
      damaged.put(landing.exportId(), why);
    }
  }

  /** What is wrong with files of exports that the tables have, by export. */
  Map<String, String> damaged() {
    return damaged;
  }

  /** The file of silver that cannot be read. */
  Optional<UnreadFile> unread() {
    return unread;
  }

  /**
   * All that is about some patients, as {@code Type/id}; empty where a file cannot be read.
   *
   * @param landing what landed for later exports does not count
   */
  Optional<Set<String>> of(Landing landing, Set<String> patients) {
    return whole(() -> find(landing, patients));
  }

  /**
   * Patients whom silver or bronze names, as {@code Patient/id}; empty where a file cannot be read.
   *
   * @param hashes of those that are wanted
   */
  Optional<Set<String>> patients(Set<String> hashes, KeyedHashes hasher) {
    return whole(
        () -> {
          LakeRows rows = new LakeRows(spark, lake, landings);
          return PatientRows.namedIn(
              rows.current(List.of(), anew).union(rows.landed()), hashes, hasher);
        });
  }

  private Optional<Set<String>> whole(Supplier<Set<String>> search) {
    while (damaged.isEmpty() && unread.isEmpty()) {
      try {
        return Optional.of(search.get());
      } catch (Exception e) { // Spark throws checked ones without saying so
        note(e);
      }
    }
    return Optional.empty();
  }

  private Set<String> find(Landing landing, Set<String> patients) {
    List<Landing> coming =
        landings.stream()
            .filter(one -> pending.contains(one.exportId()))
            .filter(one -> !one.transactionTime().isAfter(landing.transactionTime()))
            .toList();
    LakeRows rows = new LakeRows(spark, lake, landings);
    RelatedResources related =
        new RelatedResources(rows.current(coming, anew), rows.landed(), listed, patients, Set.of());
    Set<String> charts = new TreeSet<>(related.all());
    charts.addAll(related.shared());
    return charts;
  }

  private boolean canBeAnew(String type) {
    return rebuilt.contains(type) && anew.add(type);
  }

  private void note(Exception failure) {
    Optional<UnreadFile> file = UnreadFile.in(failure);
    Optional<UnreadFile> silver = file.filter(one -> one.isIn(lake.paths().silver()));
    if (silver.flatMap(UnreadFile::silverType).filter(this::canBeAnew).isPresent()) {
      return;
    }
    unread = silver;
    if (unread.isPresent()) {
      return;
    }
    String name = file.map(one -> new Path(one.file()).getName()).orElse("");
    List<Landing> left = List.copyOf(landings);
    left.forEach(
        landing ->
            landing.files().stream()
                .filter(one -> new Path(one.path()).getName().equals(name))
                .map(one -> BronzeFiles.message(landing, one.path(), "it is damaged"))
                .findFirst()
                .ifPresent(why -> leaveOut(landing, why)));
    if (left.equals(landings)) {
      throw Failures.of("silver", failure);
    }
  }
}
