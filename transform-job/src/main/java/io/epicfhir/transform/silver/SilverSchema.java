package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.delta.TableDefinition;
import io.epicfhir.common.delta.TableSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The columns of silver: one row per resource, deletions as tombstones. */
final class SilverSchema {
  static final String PARTITION = "resource_type";

  /** Which Delta version of silver changed the row's content: the only one with statistics. */
  static final String VERSION = "silver_version";

  /**
   * The data files' columns. {@code held_by} names the sources (groups, crawls) that hold the
   * resource; it is empty for a tombstone, which gone_at, gone_by and gone_reason describe.
   */
  static final StructType COLUMNS =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("deleted", DataTypes.BooleanType)
          .add("resource", DataTypes.StringType)
          .add("content_hash", DataTypes.LongType)
          .add("subsetted", DataTypes.BooleanType)
          .add("source", DataTypes.StringType)
          .add("export_id", DataTypes.StringType)
          .add("export_time", DataTypes.TimestampType)
          .add("commit_time", DataTypes.TimestampType)
          .add("order_time", DataTypes.TimestampType)
          .add("held_by", DataTypes.createArrayType(DataTypes.StringType))
          .add("gone_at", DataTypes.TimestampType)
          .add("gone_by", DataTypes.StringType)
          .add("gone_reason", DataTypes.StringType)
          .add(VERSION, DataTypes.LongType);

  /** The table's columns: those of the files, and the partition's. */
  static final StructType TABLE = COLUMNS.add(PARTITION, DataTypes.StringType);

  private SilverSchema() {}

  /** The table's definition, as it is made on a first run. */
  static TableDefinition definition(boolean deletionVectors) {
    return new TableDefinition(
        TABLE.json(),
        "The current state of each resource, deletions as tombstones",
        Map.of(
            // Statistics stand in the log, where nobody looks for patient data: none of it there.
            "delta.dataSkippingStatsColumns",
            VERSION,
            "delta.enableDeletionVectors",
            String.valueOf(deletionVectors)),
        List.of(PARTITION));
  }

  /**
   * Rows in the table's columns; those that they lack are null.
   *
   * @param version the commit that brings them
   */
  static Dataset<Row> rows(Dataset<Row> rows, long version) {
    List<String> has = List.of(rows.columns());
    List<Column> columns = new ArrayList<>();
    for (var field : TABLE.fields()) {
      Column value =
          field.name().equals(VERSION)
              ? lit(version)
              : has.contains(field.name()) ? col(field.name()) : lit(null).cast(field.dataType());
      columns.add(value.cast(field.dataType()).as(field.name()));
    }
    return rows.select(columns.toArray(Column[]::new));
  }

  /** Rows by type that a commit of these files leaves; the table's own counts. */
  static Map<String, Long> rowsByType(TableSnapshot snapshot) {
    Map<String, Long> rows = new TreeMap<>();
    snapshot
        .files()
        .forEach(
            file ->
                rows.merge(
                    file.partitionValues().get(PARTITION), file.rows().orElse(-1), Long::sum));
    return rows;
  }
}
