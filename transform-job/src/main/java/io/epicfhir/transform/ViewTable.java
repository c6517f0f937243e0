package io.epicfhir.transform;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;

/** The table of one view; all rows of a resource change together. */
final class ViewTable {
  private static final long NO_COMMIT = -1;
  private static final String KEY = "__key";
  private static final String IS_ROW = "__is_row";

  /**
   * Where the table stands, in {@code state/views/<view>.json}; written after the commit. A crash
   * between the two applies the same changes once more, which changes nothing.
   */
  record State(
      String view,
      String definitionHash,
      long silverVersion,
      long deltaVersion,
      long rows,
      long bytes) {}

  private final Lake lake;
  private final ViewPlan plan;
  private final DeltaFolder folder;
  private final WriteSettings writing;

  ViewTable(Lake lake, ViewPlan plan, WriteSettings writing) {
    this.lake = lake;
    this.plan = plan;
    this.folder = new DeltaFolder(lake, lake.paths().view(plan.name()));
    this.writing = writing;
  }

  DeltaFolder folder() {
    return folder;
  }

  /**
   * The table before a run.
   *
   * @param standing empty where it must be built anew
   * @param strange what somebody else did to it, which is one reason for that
   */
  record Found(Optional<State> standing, Optional<String> strange) {}

  /** Reads its state and its log, for a run that brings it up to this version of silver. */
  Found look(long silverVersion) {
    Optional<State> left = left();
    Optional<DeltaCommits.Strange> strange =
        left.flatMap(state -> folder.commits().strange(state.deltaVersion()));
    return new Found(
        left.filter(state -> state.silverVersion() <= silverVersion && strange.isEmpty()),
        strange.map(DeltaCommits.Strange::sentence));
  }

  /**
   * Makes the table what the view gives of the source; commits at most once.
   *
   * @param standing where the table stands; empty where it is built anew
   */
  State bringUpToDate(SparkSession spark, ViewSource source, Optional<State> standing) {
    boolean merge =
        standing.filter(state -> state.silverVersion() != ViewSource.NOTHING).isPresent();
    OptionalLong content = folder.commits().content();
    if (merge) {
      folder.deletionVectors(spark, writing.deletionVectors());
    }
    long commits = folder.version().orElse(NO_COMMIT);
    Failpoint.at("view.commit");
    if (merge) {
      merge(spark, source, standing.get().silverVersion());
    } else {
      TableSession.readsWhole(spark, source.bytes());
      rebuild(source);
    }
    Failpoint.at("view.committed");
    long version = folder.version().orElseThrow();
    State state =
        new State(
            plan.name(),
            plan.hash(),
            source.version(),
            folder.commits().content().orElseThrow(),
            merge
                ? rows(spark, standing.get(), content.orElseThrow(), commits, version)
                : folder.commits().metric(version, "numOutputRows"),
            folder.size(spark).bytes());
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  /**
   * By the merge's own counts, where the state knows of the table's content before it.
   *
   * @param content the newest commit before the merge that changed rows
   * @param commits the newest commit before the merge
   * @param version the newest commit after it
   */
  private long rows(SparkSession spark, State before, long content, long commits, long version) {
    if (version > commits && !folder.commits().merged(version)) {
      return folder.commits().metric(version, "numOutputRows");
    }
    if (content != before.deltaVersion()) {
      return folder.rows(spark);
    }
    return version == commits
        ? before.rows()
        : before.rows()
            + folder.commits().metric(version, "numTargetRowsInserted")
            - folder.commits().metric(version, "numTargetRowsDeleted");
  }

  /** What this pipeline left of this definition. */
  private Optional<State> left() {
    Path file = stateFile();
    return lake.read(file)
        .map(text -> Json.read(text, State.class, file.toString()))
        .filter(state -> state.definitionHash().equals(plan.hash()));
  }

  private void rebuild(ViewSource source) {
    List<Column> columns = new ArrayList<>();
    for (StructField field : plan.schema().fields()) {
      columns.add(column(field.name()).as(field.name(), field.metadata()));
    }
    Dataset<Row> rows = plan.rows().apply(source.parsed(ViewSource.NOTHING));
    folder.replace(
        rows.select(columns.toArray(Column[]::new)),
        plan.description(),
        Map.of(
            // No minimum and maximum of patient data in the log; only how many rows a file has.
            "delta.dataSkippingNumIndexedCols",
            "0",
            "delta.enableDeletionVectors",
            String.valueOf(writing.deletionVectors().wanted(0))));
  }

  /**
   * One merge for the delete and the insert: a key matches the resource's old rows and deletes
   * them; a new row matches nothing and is inserted.
   */
  private void merge(SparkSession spark, ViewSource source, long since) {
    if (source.fewChanged() && folder.size(spark).bytes() < writing.rewriteBelow()) {
      folder.rewrite(
          spark,
          ViewPlan.RESOURCE_ID,
          source.ids(since).withColumnRenamed("id", ViewPlan.RESOURCE_ID),
          plan.rows().apply(source.parsed(since)));
      return;
    }
    Dataset<Row> rows =
        plan.rows()
            .apply(source.parsed(since))
            .withColumn(KEY, col(ViewPlan.RESOURCE_ID))
            .withColumn(IS_ROW, lit(true));
    Dataset<Row> keys =
        source.ids(since).withColumnRenamed("id", KEY).withColumn(IS_ROW, lit(false));
    Map<String, Column> values = new TreeMap<>();
    for (String name : plan.schema().fieldNames()) {
      values.put(quoted(name), new Column("change." + quoted(name)));
    }
    // Its two passes read silver at one version: no need to store the source for the second.
    spark.conf().set("spark.databricks.delta.merge.materializeSource", "none");
    Dataset<Row> change = rows.unionByName(keys, true);
    folder
        .table(spark)
        .as("view")
        .merge(
            (source.fewChanged() ? broadcast(change) : change).as("change"),
            "view." + ViewPlan.RESOURCE_ID + " = change." + KEY + " AND NOT change." + IS_ROW)
        .whenMatched()
        .delete()
        .whenNotMatched("change." + IS_ROW)
        .insert(values)
        .execute();
  }

  private static Column column(String name) {
    return col(quoted(name));
  }

  private static String quoted(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  private Path stateFile() {
    return lake.paths().state("views/" + plan.name() + ".json");
  }
}
