package io.epicfhir.transform.erase;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.transform.silver.SilverTable;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.SparkSession;

/**
 * Erases patients from the lake. The opt-out list is written first, then derived data is deleted,
 * and the source data last. So a second try after a kill still finds everything. Until the records
 * are compared with the approved ones for the last time, the list keeps the patients out of what
 * comes, and nothing goes because of it. The caller holds the lock of the tables.
 */
public final class Erasure {
  private final SparkSession spark;
  private final Lake lake;
  private final NamedPatients named;
  private final OptOutList list;
  private final ApprovedRecords approval;
  private long before;

  /**
   * What was or would be erased; counts only.
   *
   * @param patients how many Patient records, including those merged with the listed ones
   * @param unknown how many of the listed ids and identifiers match no patient in the lake
   * @param before how many of them were on the opt-out list before
   * @param resources by type
   * @param rows by layer: bronze, silver, each table, quarantine, state (files)
   * @param approval a keyed digest of the list and of the Patient records, to be approved
   */
  public record Result(
      long patients,
      long unknown,
      long before,
      Map<String, Long> resources,
      Map<String, Long> rows,
      String approval) {
    public Result {
      resources = Map.copyOf(resources);
      rows = Map.copyOf(rows);
    }

    /** Whether the lake has no data of the listed patients. */
    public boolean isEmpty() {
      return rows.values().stream().allMatch(n -> n == 0);
    }

    /** The tables that lost rows. */
    public List<String> tables() {
      return rows.entrySet().stream()
          .filter(entry -> entry.getValue() > 0 && entry.getKey().contains("/"))
          .map(Map.Entry::getKey)
          .sorted()
          .toList();
    }
  }

  /** Of these patients, from this lake, without an approval. */
  public Erasure(SparkSession spark, Lake lake, NamedPatients named) {
    this(spark, lake, named, Optional.empty());
  }

  /**
   * Of these patients, from this lake.
   *
   * @param approved the digest of {@link Result} that somebody has approved; {@link #go} erases no
   *     other records
   */
  public Erasure(SparkSession spark, Lake lake, NamedPatients named, Optional<String> approved) {
    this.spark = spark;
    this.lake = lake;
    this.named = named;
    this.list = new OptOutList(lake);
    this.approval = new ApprovedRecords(lake, named, approved);
  }

  /** Counts what {@link #go} would erase; changes nothing. */
  public Result plan() {
    before = before();
    ErasedResources resources = find();
    Mentions erased = resources.mentions();
    Mentions shared = new Mentions(resources.shared());
    Map<String, Long> rows = new LinkedHashMap<>();
    for (Path table : tables()) {
      rows.put(name(table), new TableErasure(spark, lake, table, erased, shared).count());
    }
    rows.put("bronze", new LakeRows(spark, lake).landedRows(erased, resources.moved()));
    rows.put("quarantine", new QuarantineErasure(lake, erased, list.settled()).count());
    return result(resources, rows);
  }

  /**
   * Erases.
   *
   * @param patience how long to wait for running extracts
   * @throws JobException {@link ExitCode#SETTINGS} where it would erase other Patient records than
   *     those that were approved; nothing is erased then, and no later run erases it
   */
  public Result go(Duration patience) {
    before = before();
    ErasedResources resources = find();
    approval.require(resources.patients(), list.load());
    if (before == 0 && resources.isNobody() && isNowhereElse(resources)) {
      return result(resources, Map.of()); // a typing error keeps nobody out
    }
    approval.begin();
    list.propose(resources.persons(), resources.owners());
    Failpoint.at("erase.listed");
    ExtractBarrier.await(lake, patience);
    ErasedResources found = find(); // what landed meanwhile is theirs, too
    approval.require(found.patients(), list.load());
    CleanLandings.forget(lake); // they were clean of others
    list.add(found.persons(), found.owners()); // from here on nobody refuses it any more
    Failpoint.at("erase.settled");
    Mentions erased = found.mentions();
    Mentions shared = new Mentions(found.shared());
    Map<String, Long> rows = new LinkedHashMap<>();
    List<Path> tables = tables();
    for (Path table : tables) {
      if (!table.equals(lake.paths().silver())) {
        rows.put(name(table), table(table, erased, shared));
      }
    }
    OptOuts listed = list.settled();
    rows.put("quarantine", new QuarantineErasure(lake, erased, listed).run());
    rows.put("state", new StateErasure(lake, found, listed, patience).run());
    if (tables.contains(lake.paths().silver())) {
      rows.put("silver", table(lake.paths().silver(), erased, shared));
      new SilverTable(lake).state(() -> spark); // counted anew, with its new commit
    }
    Failpoint.at("erase.silver");
    rows.put("bronze", new BronzeErasure(lake, erased, found.moved(), listed).run());
    CleanLandings.all(lake);
    return result(found, rows);
  }

  /** A patient may occur only in quarantined lines. */
  private boolean isNowhereElse(ErasedResources resources) {
    return new QuarantineErasure(lake, resources.mentions(), OptOuts.NONE).count() == 0;
  }

  private long before() {
    OptOuts optOuts = list.load();
    return named.names().stream().filter(optOuts::listed).count();
  }

  private ErasedResources find() {
    LakeRows rows = new LakeRows(spark, lake);
    return ErasedResources.of(named, rows, list.settled(), MovedResources.of(lake, rows));
  }

  private List<Path> tables() {
    return DeltaTables.of(lake).stream()
        .filter(table -> TableLog.of(lake, table).version().isPresent())
        .toList();
  }

  private long table(Path table, Mentions erased, Mentions shared) {
    if (!isTouched(table, erased, shared)) {
      return 0;
    }
    if (table.getParent().getName().equals("views")) {
      // Drop the view's state, so that the next transform rebuilds the view.
      lake.delete(lake.paths().state("views/" + table.getName() + ".json"));
    }
    spark.sparkContext().setJobGroup("erase", "erase from " + name(table), false);
    return new TableErasure(spark, lake, table, erased, shared).run();
  }

  /** Whether any file of any version names an erased resource; most tables need no Spark job. */
  private boolean isTouched(Path table, Mentions erased, Mentions shared) {
    return LakeFiles.below(lake, table).parallelStream()
        .filter(file -> file.getName().endsWith(".parquet"))
        .anyMatch(
            file ->
                ParquetRows.any(
                    lake.hadoop(),
                    file,
                    row ->
                        ParquetRows.anyText(row, text -> erased.in(text, 0, text.length))
                            || RowRule.isOne(erased, row)
                            || RowRule.isOne(shared, row)));
  }

  private String name(Path table) {
    String root = new Path(lake.paths().root()).toUri().getPath();
    return table.toUri().getPath().substring(root.length()).replaceFirst("^/+", "");
  }

  private Result result(ErasedResources resources, Map<String, Long> rows) {
    return new Result(
        resources.patients().size(),
        resources.unknown(),
        before,
        resources.byType(),
        rows,
        approval.digest(resources.patients()));
  }
}
