package io.epicfhir.load.spi;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.delta.ChangedParts.Part;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows that came and went in a view table between two of its versions, by the files and
 * deletion vectors that its commits added and removed; what OPTIMIZE moved is not among them.
 *
 * @param view the later version
 * @param few the same rows, where they are few
 * @param rows the view's columns, then {@link #COMMIT} and {@link #GONE}. A row that went has
 *     nothing but its resource; a resource whose rows went or came has, at the newest of its
 *     commits, all the rows that it has now
 */
public record ViewChanges(
    ViewSnapshot view, Optional<ChangedRows> few, Supplier<Dataset<Row>> rows) {
  /** The Delta version that brought or took a row. No view's column begins with an underscore. */
  public static final String COMMIT = "_commit_version";

  /** Whether the row went. */
  public static final String GONE = "_gone";

  private static final String NAME = "_name";
  private static final String FILE = "_file";
  private static final String PART = "_part";
  private static final String ONLY = "_only";
  private static final String POSITION = "_position";
  private static final String LISTED_PART = "_listed_part";
  private static final String LISTED = "_listed";

  private static final StructType PARTS =
      StructType.fromDDL(
          "%s STRING, %s INT, %s BOOLEAN, %s BIGINT, %s BOOLEAN"
              .formatted(FILE, PART, ONLY, COMMIT, GONE));
  private static final StructType POSITIONS =
      StructType.fromDDL("%s INT, %s BIGINT".formatted(LISTED_PART, LISTED));

  /**
   * Empty where the way from there is not known any more (log or files are cleaned up), where the
   * columns changed on it, or where it is longer than a load of the whole table would be.
   *
   * @param since an earlier version of the same table
   * @param most how many rows are worth the way
   */
  public static Optional<ViewChanges> since(
      Supplier<SparkSession> spark, Lake lake, ViewSnapshot view, long since, long most) {
    return ChangedFiles.since(lake, view, since, most)
        .map(
            parts ->
                new ViewChanges(
                    view,
                    ChangedRows.of(lake, view, parts),
                    () -> rows(spark.get(), view, TableLog.of(lake, view.path()), parts)));
  }

  private static Dataset<Row> rows(
      SparkSession spark, ViewSnapshot view, TableLog log, List<Part> parts) {
    Map<Boolean, List<Part>> gone = parts.stream().collect(Collectors.partitioningBy(Part::gone));
    // Apart, so that of files that lost a few rows only the resources' keys are read.
    return chosen(spark, view, log, gone.get(true), true)
        .unionAll(chosen(spark, view, log, gone.get(false), false));
  }

  private static Dataset<Row> chosen(
      SparkSession spark, ViewSnapshot view, TableLog log, List<Part> parts, boolean gone) {
    List<Column> columns = new ArrayList<>();
    for (TableShape.Column column : view.shape().columns()) {
      Column value = col("`" + column.name() + "`");
      boolean unknown = gone && !column.name().equals(TableShape.RESOURCE_ID);
      columns.add(
          unknown
              ? lit(null).cast(view.schema().apply(column.name()).dataType()).as(column.name())
              : value);
    }
    columns.add(col(COMMIT));
    columns.add(col(GONE));
    return changed(spark, view, log, parts).select(columns.toArray(Column[]::new));
  }

  /** The parts' rows, with what is known of each. */
  private static Dataset<Row> changed(
      SparkSession spark, ViewSnapshot view, TableLog log, List<Part> parts) {
    if (parts.isEmpty()) {
      return spark.createDataFrame(
          List.of(), view.schema().add(COMMIT, "bigint").add(GONE, "boolean"));
    }
    List<Row> about = new ArrayList<>();
    List<Row> positions = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      Part part = parts.get(i);
      boolean only = part.only().isPresent();
      about.add(RowFactory.create(part.file().path(), i, only, part.commit(), part.gone()));
      // The rows that are meant, or those that are not.
      RoaringBitmap listed =
          part.only().orElseGet(() -> log.deletedRows(part.file()).orElseThrow());
      for (int position : listed.toArray()) {
        positions.add(RowFactory.create(i, (long) position));
      }
    }
    Dataset<Row> rows =
        view.parquet(spark, parts.stream().map(Part::file).toList())
            .withColumn(POSITION, col("_metadata.row_index"))
            .withColumn(NAME, col("_metadata.file_name"))
            .join(broadcast(spark.createDataFrame(about, PARTS)), col(NAME).equalTo(col(FILE)));
    Dataset<Row> listed = spark.createDataFrame(positions, POSITIONS);
    return positions.isEmpty()
        ? rows
        : rows.join(
                broadcast(listed),
                col(PART).equalTo(col(LISTED_PART)).and(col(POSITION).equalTo(col(LISTED))),
                "left_outer")
            .where(col(ONLY).equalTo(col(LISTED).isNotNull()));
  }
}
