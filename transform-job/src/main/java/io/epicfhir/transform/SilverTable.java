package io.epicfhir.transform;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.transform.SilverChanges.Counts;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/** The current state of one resource type: a row an id, deletions as tombstones. */
final class SilverTable {
  private static final String[] COLUMNS = {
    "id",
    "version_id",
    "last_updated",
    "deleted",
    "resource",
    "content_hash",
    "subsetted",
    "export_id",
    "export_time"
  };

  /**
   * What the table holds at a commit; kept beside the lake's state, so that a run without news
   * reads no table.
   *
   * @param deltaVersion the newest commit that changed rows
   */
  record State(long deltaVersion, long rowsLive, long tombstones, long bytes) {
    static final State NONE = new State(-1, 0, 0, 0);

    long rows() {
      return rowsLive + tombstones;
    }

    State after(Counts counts, long version, long size) {
      return new State(
          version, rowsLive + counts.live(), tombstones + counts.inserted() - counts.live(), size);
    }
  }

  /**
   * What the landings say of the candidates.
   *
   * @param pending how many are pending
   * @param candidates how many there are with those of later landings
   */
  record Announced(long pending, long candidates) {}

  private final Lake lake;
  private final String type;
  private final DeltaFolder folder;
  private final WriteSettings writing;

  SilverTable(Lake lake, String type, WriteSettings writing) {
    this.lake = lake;
    this.type = type;
    this.folder = new DeltaFolder(lake, lake.paths().silver(type));
    this.writing = writing;
  }

  String type() {
    return type;
  }

  DeltaFolder folder() {
    return folder;
  }

  /**
   * Takes over what the candidates change, in one commit, or in none where they change nothing.
   *
   * @param announced how many there must be
   * @param anew whether the candidates are all that the table is to hold, whatever it holds now
   * @throws JobException {@link ExitCode#DATA_REFUSED} where the counts do not reconcile
   */
  Counts apply(SparkSession spark, Dataset<Row> candidates, Announced announced, boolean anew) {
    OptionalLong before = anew ? OptionalLong.empty() : folder.version();
    Optional<Dataset<Row>> standing =
        before.isPresent() ? Optional.of(folder.read(spark)) : Optional.empty();
    // Keys only. Counted first, then read twice by the merge: weighing is most of the work.
    Dataset<Row> weighed =
        SilverChanges.weigh(
                LatestVersions.of(candidates),
                standing.map(
                    table ->
                        TableSession.few(announced.candidates())
                            ? ofIds(table, candidates)
                            : table))
            .persist(StorageLevel.MEMORY_AND_DISK());
    try {
      Counts counts = SilverChanges.counts(weighed);
      counts.check(type, announced.pending());
      if (counts.changed() > 0) {
        standing.ifPresent(table -> folder.deletionVectors(spark, writing.deletionVectors()));
        long next = folder.version().orElse(-1) + 1;
        boolean all = counts.allNew();
        Dataset<Row> changes =
            rows(
                all
                    ? candidates.where(col("pending"))
                    : SilverChanges.changing(candidates, weighed),
                next);
        State state = anew ? State.NONE : state(() -> spark).orElse(State.NONE);
        Failpoint.at("silver.commit");
        if (standing.isEmpty()) {
          create(changes);
        } else {
          boolean few = TableSession.few(counts.changed());
          change(spark, state.bytes(), few ? broadcast(changes) : changes, all);
        }
        Failpoint.at("silver.committed");
        requireCommitted(state.rows(), next, counts);
        write(state.after(counts, next, folder.size(spark).bytes()));
      }
      return counts;
    } finally {
      weighed.unpersist();
    }
  }

  /** About how much of storage the table takes; nothing is read for it. */
  long bytes() {
    return known(folder.commits().content()).map(State::bytes).orElseGet(folder::storedBytes);
  }

  /**
   * What the table holds, or empty where there is none.
   *
   * @param session asked only where the table must be looked at
   */
  Optional<State> state(Supplier<SparkSession> session) {
    OptionalLong version = folder.commits().content();
    if (version.isEmpty()) {
      return Optional.empty();
    }
    Optional<State> known = known(version);
    if (known.isPresent()) {
      return known;
    }
    State state = counted(session.get(), version.getAsLong());
    write(state);
    return Optional.of(state);
  }

  /**
   * What somebody else did to the table since this pipeline left it, or empty.
   *
   * @param session asked only where the log was cleaned, and the rows must be counted
   */
  Optional<String> strange(Supplier<SparkSession> session) {
    Optional<State> left = left();
    if (left.isEmpty() && folder.version().isEmpty()) {
      return Optional.empty(); // never landed
    }
    return folder
        .commits()
        .strange(left.map(State::deltaVersion).orElse(State.NONE.deltaVersion()))
        .filter(strange -> strange.known() || left.filter(s -> !countsAs(s, session)).isPresent())
        .map(DeltaCommits.Strange::sentence);
  }

  private boolean countsAs(State left, Supplier<SparkSession> session) {
    State now = counted(session.get(), folder.commits().content().orElseThrow());
    return now.rowsLive() == left.rowsLive() && now.tombstones() == left.tombstones();
  }

  private State counted(SparkSession spark, long version) {
    Row row =
        folder.read(spark).agg(count_if(not(col("deleted"))), count_if(col("deleted"))).head();
    return new State(version, row.getLong(0), row.getLong(1), folder.size(spark).bytes());
  }

  /** What is known of a commit without a look at the table. */
  private Optional<State> known(OptionalLong version) {
    if (version.isEmpty()) {
      return Optional.of(State.NONE);
    }
    return left().filter(state -> state.deltaVersion() == version.getAsLong());
  }

  /** What was written down when the pipeline last changed the table, or looked at it. */
  private Optional<State> left() {
    Path file = stateFile();
    return lake.read(file).map(text -> Json.read(text, State.class, file.toString()));
  }

  private void write(State state) {
    lake.write(stateFile(), Json.write(state));
  }

  private Path stateFile() {
    return lake.paths().state("silver/" + type + ".json");
  }

  /** The rows of a few ids, so that not the whole table's keys are sorted and sent. */
  private static Dataset<Row> ofIds(Dataset<Row> table, Dataset<Row> few) {
    return table.join(broadcast(few.select("id")), new String[] {"id"}, "left_semi");
  }

  private static Dataset<Row> rows(Dataset<Row> changing, long version) {
    return changing.select(
        Stream.concat(
                Stream.of(COLUMNS).map(name -> col(name)),
                Stream.of(lit(version).as("silver_version")))
            .toArray(Column[]::new));
  }

  private void create(Dataset<Row> rows) {
    folder.replace(
        rows,
        "The current state of each " + type + ", deletions as tombstones",
        Map.of(
            // Statistics stand in the log, where nobody looks for patient data: none of it there.
            "delta.dataSkippingStatsColumns",
            "silver_version",
            "delta.enableDeletionVectors",
            String.valueOf(writing.deletionVectors().wanted(0))));
  }

  private void change(SparkSession spark, long bytes, Dataset<Row> changes, boolean repeatable) {
    if (bytes < writing.rewriteBelow()) {
      folder.rewrite(spark, "id", changes, changes);
    } else {
      merge(spark, changes, repeatable);
    }
  }

  /**
   * @param repeatable whether the changes may be computed twice; Delta refuses a source that stands
   *     on something cached, as the keys are, unless it keeps the source itself
   */
  private void merge(SparkSession spark, Dataset<Row> changes, boolean repeatable) {
    spark.conf().set("spark.databricks.delta.merge.materializeSource", repeatable ? "none" : "all");
    folder
        .table(spark)
        .as("silver")
        .merge(changes.as("change"), "silver.id = change.id")
        .whenMatched()
        .updateAll()
        .whenNotMatched()
        .insertAll()
        .execute();
  }

  /** What Delta says it wrote, against what was to be written. */
  private void requireCommitted(long before, long version, Counts counts) {
    if (folder.version().orElse(-1) != version) {
      throw new JobException(
          ExitCode.DEFECT,
          "Cannot vouch for silver " + type + ": another writer committed to it; rerun the task");
    }
    long rewritten = folder.commits().metric(version, "numOutputRows") - before;
    long written =
        folder.commits().merged(version)
            ? folder.commits().metric(version, "numTargetRowsInserted")
                + folder.commits().metric(version, "numTargetRowsUpdated")
            : rewritten + counts.updated();
    if (written != counts.changed()) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot vouch for silver "
              + type
              + ": "
              + counts.changed()
              + " rows were to be written, and commit "
              + version
              + " tells of "
              + written
              + "; have the type made anew of bronze: a rerun from transform that names it");
    }
  }
}
