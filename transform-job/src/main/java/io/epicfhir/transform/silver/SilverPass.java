package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.common.delta.NewFile;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.storage.StorageLevel;

/** One pass over a backlog: its verdicts, what they amount to, and the rows that silver gets. */
final class SilverPass implements SilverChange, AutoCloseable {
  /** Keys of so many rows can be sent to every task: some tens of MB. */
  private static final long FEW = 200_000;

  /** Fewer rows of silver are not worth a search for those that count. */
  private static final long MANY = 1_000_000;

  private final SilverScope scope;
  private final BronzeRows bronze;
  private final Dataset<Row> sightings;
  private final Dataset<Row> persisted;
  private final Map<String, SilverCounts> counts;
  private final Optional<SilverRows> silver;
  private Dataset<Row> weighed;

  /**
   * Weighs; runs one or two Spark jobs.
   *
   * @param silver the table's rows, where there is one and its rows count
   * @param only the resources that it is about, where it is not about all
   */
  SilverPass(SilverScope scope, Optional<SilverRows> silver, Optional<Dataset<Row>> only) {
    this.scope = scope;
    this.silver = silver;
    ExportFacts facts = new ExportFacts(scope.backlog(), scope.known(), scope.heldBack());
    this.bronze = new BronzeRows(scope.spark(), scope.paths(), scope.backlog(), facts);
    this.sightings = limited(bronze.sightings(), only);
    Optional<Dataset<Row>> gone =
        bronze
            .deletionBundles()
            .map(bundles -> DeletedEntries.good(DeletedEntries.of(bundles, scope.known())))
            .map(entries -> limited(released(entries), only));
    KeptOutResources keptOut = KeptOutResources.of(scope.lake(), scope.backlog(), facts);
    ResourceWeighing rule =
        new ResourceWeighing(scope.backlog(), facts, scope.known(), scope.everything());
    this.persisted =
        new Weighing(scope.spark(), scope.backlog(), facts, keptOut, rule)
            .weigh(sightings, gone, silver.map(rows -> keys(rows, facts, keptOut.types(), only)))
            .persist(StorageLevel.MEMORY_AND_DISK());
    this.weighed = persisted;
    this.counts = SilverCounts.of(weighed);
  }

  /** Conclusions that are held back do not count. */
  private Dataset<Row> released(Dataset<Row> entries) {
    HeldBack held = scope.heldBack();
    return held.isEmpty()
        ? entries
        : entries.where(
            col("stated")
                .or(not(col("resource_type").isin(held.types().toArray())))
                .or(not(col("export_id").isin(held.exports().toArray()))));
  }

  private Dataset<Row> limited(Dataset<Row> rows, Optional<Dataset<Row>> only) {
    Dataset<Row> ofTypes = scope.limited(rows);
    return only.map(keys -> ofTypes.join(keys, new String[] {"resource_type", "id"}, "left_semi"))
        .orElse(ofTypes);
  }

  /** Silver's rows that may count. */
  private Dataset<Row> keys(
      SilverRows rows, ExportFacts facts, Set<String> keptOut, Optional<Dataset<Row>> only) {
    boolean narrow =
        !scope.everything() && facts.swept().isEmpty() && scope.backlog().replaced().isEmpty();
    boolean sightingsOnly = narrow && scope.backlog().deletionFiles().isEmpty();
    Set<String> touched = new TreeSet<>(keptOut);
    scope.backlog().resourceFiles().forEach(file -> touched.add(file.resourceType()));
    Dataset<Row> keys =
        limited(
            rows.keys(type -> scope.has(type) && (!sightingsOnly || touched.contains(type))), only);
    boolean large = rows.count() > MANY;
    if (sightingsOnly && keptOut.isEmpty() && large && scope.backlog().rows() <= FEW) {
      // Few landed rows are sent to where silver's keys are read, so that those are not sorted.
      keys =
          keys.join(
              broadcast(sightings.select("resource_type", "id")),
              new String[] {"resource_type", "id"},
              "left_semi");
    }
    return keys;
  }

  SilverScope scope() {
    return scope;
  }

  @Override
  public Map<String, SilverCounts> counts() {
    return counts;
  }

  Dataset<Row> weighed() {
    return weighed;
  }

  /** Resources of some types that no source holds any more stay as they are. */
  void keepReleased(Set<String> types) {
    weighed = Weighing.keepReleased(weighed, types);
    counts.replaceAll((type, one) -> types.contains(type) ? one.keepingReleased() : one);
  }

  /** Sum of a count over all types. */
  long sum(ToLongFunction<SilverCounts> count) {
    return counts.values().stream().mapToLong(count).sum();
  }

  @Override
  public RowPositions going(Set<String> without) {
    return sum(SilverCounts::standing) == 0
        ? new RowPositions()
        : RowPositions.of(
            chosen(without, Weighing.UPDATE, Weighing.DELETE, Weighing.RELEASE, Weighing.HOLD)
                .where(col("file_path").isNotNull())
                .select("file_path", "row_index"));
  }

  @Override
  public List<NewFile> write(TableWriter writer, long version, Set<String> without) {
    List<NewFile> files = new ArrayList<>();
    rows(version, without).forEach(rows -> files.addAll(writer.write(rows)));
    return files;
  }

  /** The rows that silver gets, in its columns. */
  private List<Dataset<Row>> rows(long version, Set<String> without) {
    List<Dataset<Row>> rows = new ArrayList<>();
    if (sum(SilverCounts::changed) > sum(SilverCounts::deleted)) {
      rows.add(SilverSchema.rows(withText(without), version));
    }
    if (sum(SilverCounts::deleted) > 0) {
      rows.add(SilverSchema.rows(tombstones(without), version));
    }
    if (sum(SilverCounts::holders) > 0) {
      Dataset<Row> holders =
          chosen(without, Weighing.HOLD).select("resource_type", "id", "held_by");
      rows.add(silver.orElseThrow().held(scope::has, holders));
    }
    return rows;
  }

  private Dataset<Row> chosen(Set<String> without, Object... verdicts) {
    Dataset<Row> rows = weighed.where(col(Weighing.VERDICT).isin(verdicts));
    return without.isEmpty() ? rows : rows.where(not(col("resource_type").isin(without.toArray())));
  }

  private Dataset<Row> withText(Set<String> without) {
    if (isAllNew(without)) {
      // As on a first run: nothing need be joined to find out which rows change.
      return sightings.withColumn("held_by", array(col("source"))).select(content(col("source")));
    }
    Dataset<Row> places =
        chosen(without, Weighing.INSERT, Weighing.UPDATE)
            .select(
                col("best.export_id").as("export_id"),
                col("best.source_file").as("source_file"),
                col("best.source_line").as("source_line"),
                col("best.held").as("held"),
                col("held_by"));
    boolean few = sum(SilverCounts::changed) <= FEW;
    return sightings
        .join(few ? broadcast(places) : places, BronzeRows.PLACE.toArray(String[]::new))
        .select(content(when(col("held"), col("source"))));
  }

  private boolean isAllNew(Set<String> without) {
    boolean oneEach =
        sum(SilverCounts::sighted) == sum(SilverCounts::inserted)
            && sum(SilverCounts::ids) == sum(SilverCounts::inserted)
            && sum(SilverCounts::deleted) == 0;
    return oneEach && without.isEmpty() && scope.backlog().later().isEmpty();
  }

  private static Column[] content(Column source) {
    return new Column[] {
      col("resource_type"),
      col("id"),
      col("version_id"),
      col("last_updated"),
      lit(false).as("deleted"),
      col("resource"),
      col("content_hash"),
      col("subsetted"),
      source.as("source"),
      col("export_id"),
      col("export_time"),
      col("commit_time"),
      col("order_time"),
      col("held_by")
    };
  }

  private Dataset<Row> tombstones(Set<String> without) {
    return chosen(without, Weighing.BURY, Weighing.DELETE, Weighing.RELEASE)
        .select(
            col("resource_type"),
            col("id"),
            lit(true).as("deleted"),
            array().cast(DataTypes.createArrayType(DataTypes.StringType)).as("held_by"),
            col("gone_at"),
            col("gone_by"),
            col("gone_reason"));
  }

  @Override
  public void close() {
    persisted.unpersist();
  }
}
