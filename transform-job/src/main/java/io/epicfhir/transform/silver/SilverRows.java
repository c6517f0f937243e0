package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.TableScan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The rows of silver at one version. */
final class SilverRows {
  /** What weighing needs of the rows: everything but the text. */
  private static final List<String> KEYS =
      List.of(
          "id",
          "version_id",
          "last_updated",
          "deleted",
          "content_hash",
          "subsetted",
          "source",
          "export_id",
          "export_time",
          "commit_time",
          "order_time",
          "held_by",
          SilverSchema.PARTITION,
          "file_path",
          "row_index");

  private final TableScan scan;
  private final List<DataFile> files;

  SilverRows(SparkSession spark, Lake lake, Path path, TableSnapshot snapshot) {
    this.files = snapshot.files();
    this.scan =
        new TableScan(spark, lake, path, SilverSchema.COLUMNS, Optional.of(SilverSchema.PARTITION));
  }

  /** How many rows there are, tombstones included. */
  long count() {
    return files.stream().mapToLong(file -> file.rows().orElse(0)).sum();
  }

  /**
   * The rows without their texts, and where they lie.
   *
   * @param wanted which resource types' rows are wanted
   */
  Dataset<Row> keys(Predicate<String> wanted) {
    return scan.dataset(files(wanted), KEYS);
  }

  private List<DataFile> files(Predicate<String> wanted) {
    return files.stream()
        .filter(file -> wanted.test(file.partitionValues().get(SilverSchema.PARTITION)))
        .toList();
  }

  /**
   * Whole rows with other holders.
   *
   * @param wanted the types that they may be of: files of others are not read
   * @param holders resource_type, id, held_by
   */
  Dataset<Row> held(Predicate<String> wanted, Dataset<Row> holders) {
    List<Column> columns = new ArrayList<>();
    for (String name : SilverSchema.TABLE.fieldNames()) {
      columns.add(name.equals("held_by") ? col("holders.held_by").as(name) : col("silver." + name));
    }
    return scan.dataset(files(wanted), List.of(SilverSchema.TABLE.fieldNames()))
        .as("silver")
        .join(
            holders.as("holders"),
            col("silver.resource_type")
                .equalTo(col("holders.resource_type"))
                .and(col("silver.id").equalTo(col("holders.id"))))
        .select(columns.toArray(Column[]::new));
  }
}
