package io.epicfhir.transform.delta;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.delta.DataFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * Rows of a table without partitions by the names of their files and their numbers, as a small
 * table that a plan joins: unlike a filter over rows that were read, it leaves Spark free to read
 * only the columns that it needs.
 *
 * @param at positions by the file's full path
 */
record ListedPositions(Path table, Map<String, RoaringBitmap> at) {
  static final String FILE = "_listed_file";
  static final String ROW = "_listed_row";

  /** More are not sent to every task. */
  private static final long MOST = 200_000;

  private static final StructType COLUMNS =
      new StructType().add("file", DataTypes.StringType).add("row", DataTypes.LongType);

  boolean isEmpty() {
    return at.isEmpty();
  }

  /** Whether they can be listed: there are not too many, and each name stands for one file. */
  boolean areFew(List<DataFile> files) {
    return at.values().stream().mapToLong(RoaringBitmap::getLongCardinality).sum() <= MOST
        && files.stream().allMatch(DataFile::isNamedPlainly);
  }

  /**
   * Some columns of the rows that are listed, or of the others.
   *
   * @param rows with {@link #FILE} and {@link #ROW}
   * @param join left_semi or left_anti
   */
  Dataset<Row> in(Dataset<Row> rows, List<String> wanted, String join) {
    List<Row> listed = new ArrayList<>();
    at.forEach(
        (path, positions) -> {
          String name = new Path(path).getName();
          positions.forEach((int row) -> listed.add(RowFactory.create(name, (long) row)));
        });
    Dataset<Row> local = rows.sparkSession().createDataFrame(listed, COLUMNS);
    return rows.join(
            broadcast(local),
            rows.col(FILE).equalTo(local.col("file")).and(rows.col(ROW).equalTo(local.col("row"))),
            join)
        .select(wanted.stream().map(name -> col("`" + name + "`")).toArray(Column[]::new));
  }
}
