package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.transform.delta.InternalRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Weighs in Spark what the exports say of all resources against what silver holds. Spark brings
 * together what is about one resource; {@link ResourceWeighing} weighs it. Neither side's text is
 * read for it.
 */
final class Weighing {
  static final String VERDICT = "verdict";

  /** Silver does not have the resource; it is there. */
  static final String INSERT = "insert";

  /** Silver does not have the resource; it is gone. A tombstone says so. */
  static final String BURY = "bury";

  /** The resource's text is another one now, or the resource came back. */
  static final String UPDATE = "update";

  /** The server says that the resource is gone. */
  static final String DELETE = "delete";

  /** No source holds the resource any more: a conclusion, which is bounded. */
  static final String RELEASE = "release";

  /** The same text; other sources hold it. */
  static final String HOLD = "hold";

  static final String KEEP = "keep";

  /** What silver kept does not suffice: all of bronze must be read for the resource. */
  static final String RECOMPUTE = "recompute";

  /** Verdicts by which a view's rows change. */
  static final Set<String> CONTENT = Set.of(INSERT, BURY, UPDATE, DELETE, RELEASE);

  /** What kind of row it is, in the order in which they come for a resource. */
  static final int SILVER = 0;

  static final int DELETION = 1;
  static final int SIGHTING = 2;

  /** What is brought together: silver's rows, deletions and sightings have some of it each. */
  static final StructType SAID =
      new StructType()
          .add("resource_type", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add("kind", DataTypes.IntegerType)
          .add("export_id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("content_hash", DataTypes.LongType)
          .add("subsetted", DataTypes.BooleanType)
          .add("source_file", DataTypes.StringType)
          .add("source_line", DataTypes.LongType)
          .add("deleted", DataTypes.BooleanType)
          .add("source", DataTypes.StringType)
          .add("export_time", DataTypes.TimestampType)
          .add("commit_time", DataTypes.TimestampType)
          .add("order_time", DataTypes.TimestampType)
          .add("held_by", DataTypes.createArrayType(DataTypes.StringType))
          .add("file_path", DataTypes.StringType)
          .add("row_index", DataTypes.LongType);

  /** From here on only silver's rows have the columns. */
  private static final int OF_SILVER = SAID.fieldIndex("deleted");

  private final SparkSession spark;
  private final ResourceWeighing rule;
  private final KeptOutResources keptOut;
  private final HashMap<UTF8String, ExportFact> exports = new HashMap<>();

  /**
   * @param facts of the exports that are read
   * @param keptOut what they kept out
   */
  Weighing(
      SparkSession spark,
      Backlog backlog,
      ExportFacts facts,
      KeptOutResources keptOut,
      ResourceWeighing rule) {
    this.spark = spark;
    this.rule = rule;
    this.keptOut = keptOut;
    backlog
        .all()
        .forEach(
            landing -> {
              ExportFact fact = facts.of(landing);
              exports.put(fact.exportId(), fact);
            });
  }

  /**
   * The verdicts; see {@link WeighingTask#WEIGHED} for the columns.
   *
   * @param silver see {@link SilverRows#keys}; of every type that was swept, and of all where an
   *     export was replaced, it holds all rows
   */
  Dataset<Row> weigh(
      Dataset<Row> sightings, Optional<Dataset<Row>> deletions, Optional<Dataset<Row>> silver) {
    List<Dataset<Row>> said = new ArrayList<>();
    said.add(said(sightings, SIGHTING));
    deletions.ifPresent(rows -> said.add(said(rows, DELETION)));
    silver.ifPresent(rows -> said.add(said(rows, SILVER)));
    Dataset<Row> together =
        said.stream()
            .reduce(Dataset::union)
            .orElseThrow()
            .repartition(col("resource_type"), col("id"))
            .sortWithinPartitions("resource_type", "id", "kind");
    return InternalRows.mapped(
        spark, together, new WeighingTask(rule, exports, keptOut), WeighingTask.WEIGHED);
  }

  private static Dataset<Row> said(Dataset<Row> rows, int kind) {
    List<String> has = List.of(rows.columns());
    List<Column> columns = new ArrayList<>();
    for (StructField field : SAID.fields()) {
      // Of an export's rows the export says the rest.
      boolean said = has.contains(field.name()) && (kind == SILVER || columns.size() < OF_SILVER);
      Column value =
          field.name().equals("kind")
              ? lit(kind)
              : said ? col(field.name()) : lit(null).cast(field.dataType());
      columns.add(value.as(field.name()));
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  /** The same, but that nothing of some types is released. */
  static Dataset<Row> keepReleased(Dataset<Row> weighed, Set<String> types) {
    Column stays = col(VERDICT).equalTo(RELEASE).and(col("resource_type").isin(types.toArray()));
    return weighed.withColumn(VERDICT, when(stays, lit(KEEP)).otherwise(col(VERDICT)));
  }

  /** What must be read anew from all of bronze, of some types. */
  static Dataset<Row> recompute(Dataset<Row> weighed, Set<String> types) {
    return weighed
        .where(col(VERDICT).equalTo(RECOMPUTE).and(col("resource_type").isin(types.toArray())))
        .select("resource_type", "id");
  }
}
