package io.epicfhir.transform.delta;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.DataFrameReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows of some files of a Delta table, read as plain Parquet: which files and which of their
 * rows are live is known from the log already, so Spark has nothing to find out by jobs of its own.
 */
public final class TableScan {
  /** Which file a row is of, and its number in it, as Spark's {@code _metadata} has them. */
  public static final List<String> POSITION = List.of("file_path", "row_index");

  private final SparkSession spark;
  private final Lake lake;
  private final Path table;
  private final StructType columns;
  private final Optional<String> partitionColumn;

  /**
   * @param columns all columns of the table's files: one that a file lacks must not change what
   *     others give
   * @param partitionColumn a text column
   */
  public TableScan(
      SparkSession spark,
      Lake lake,
      Path table,
      StructType columns,
      Optional<String> partitionColumn) {
    this.spark = spark;
    this.lake = lake;
    this.table = table;
    this.columns = columns;
    this.partitionColumn = partitionColumn;
  }

  /**
   * The live rows of the files.
   *
   * @param wanted columns in order; {@link #POSITION} may be among them
   */
  public JavaRDD<InternalRow> rows(List<DataFile> files, List<String> wanted) {
    return rows(files, wanted, gone(files));
  }

  /** The live rows of the files without those at some positions. */
  JavaRDD<InternalRow> without(RowPositions going, List<DataFile> files, List<String> wanted) {
    Map<String, RoaringBitmap> gone = gone(files);
    for (DataFile file : files) {
      String path = file.in(table).toUri().getPath();
      going
          .in(file.in(table))
          .ifPresent(rows -> gone.merge(path, rows, (a, b) -> RoaringBitmap.or(a, b)));
    }
    return rows(files, wanted, gone);
  }

  /**
   * The live rows as a plan of Spark's own: of columns that a query does not need nothing is read.
   * Empty where too many rows are deleted to list them to every task.
   */
  public Optional<Dataset<Row>> plan(List<DataFile> files, List<String> wanted) {
    ListedPositions gone = new ListedPositions(table, gone(files));
    return gone.isEmpty()
        ? Optional.of(scan(files, wanted))
        : gone.areFew(files)
            ? Optional.of(gone.in(positioned(files), wanted, "left_anti"))
            : Optional.empty();
  }

  /**
   * The rows at some positions, whether they are live or not; as {@link #plan} where they are few.
   */
  Dataset<Row> only(Map<String, RoaringBitmap> at, List<DataFile> files, List<String> wanted) {
    ListedPositions listed = new ListedPositions(table, at);
    if (listed.areFew(files)) {
      return listed.in(positioned(files), wanted, "left_semi");
    }
    List<String> read = withPosition(wanted);
    return dataset(filtered(files, read, at, true), files, read, wanted);
  }

  private Dataset<Row> positioned(List<DataFile> files) {
    List<Column> selected = new ArrayList<>();
    for (String name : columns.fieldNames()) {
      selected.add(col("`" + name + "`"));
    }
    selected.add(col("_metadata.file_name").as(ListedPositions.FILE));
    selected.add(col("_metadata.row_index").as(ListedPositions.ROW));
    return spark
        .read()
        .schema(columns)
        .parquet(files.stream().map(file -> file.in(table).toString()).toArray(String[]::new))
        .select(selected.toArray(Column[]::new));
  }

  private JavaRDD<InternalRow> rows(
      List<DataFile> files, List<String> wanted, Map<String, RoaringBitmap> gone) {
    return gone.isEmpty()
        ? rdd(scan(files, wanted))
        : filtered(files, withPosition(wanted), gone, false);
  }

  private static List<String> withPosition(List<String> wanted) {
    List<String> read = new ArrayList<>(wanted);
    POSITION.stream().filter(name -> !read.contains(name)).forEach(read::add);
    return read;
  }

  /**
   * @param at positions by file
   * @param kept whether the rows at these positions stay, or the others
   */
  private JavaRDD<InternalRow> filtered(
      List<DataFile> files, List<String> read, Map<String, RoaringBitmap> at, boolean kept) {
    JavaRDD<InternalRow> rows = rdd(scan(files, read));
    Broadcast<Map<String, RoaringBitmap>> marked =
        org.apache.spark.api.java.JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(at);
    int file = read.indexOf(POSITION.get(0));
    int row = read.indexOf(POSITION.get(1));
    return rows.mapPartitions(
        all -> {
          ListedRows listed = new ListedRows(marked.value(), file, row);
          return new FilteredRows(all, candidate -> listed.test(candidate) == kept);
        });
  }

  /** The same as a Dataset; its rows are in Spark's own form already. */
  public Dataset<Row> dataset(List<DataFile> files, List<String> wanted) {
    if (gone(files).isEmpty()) {
      return scan(files, wanted);
    }
    List<String> read = withPosition(wanted);
    return dataset(rows(files, read), files, read, wanted);
  }

  private Dataset<Row> dataset(
      JavaRDD<InternalRow> rows, List<DataFile> files, List<String> read, List<String> wanted) {
    return InternalRows.dataset(spark, rows, scan(files, read).schema())
        .select(wanted.stream().map(name -> col("`" + name + "`")).toArray(Column[]::new));
  }

  private Map<String, RoaringBitmap> gone(List<DataFile> files) {
    DeletedRows deleted = new DeletedRows(lake, table);
    Map<String, RoaringBitmap> gone = new HashMap<>();
    for (DataFile file : files) {
      deleted.of(file).ifPresent(rows -> gone.put(file.in(table).toUri().getPath(), rows));
    }
    return gone;
  }

  private Dataset<Row> scan(List<DataFile> files, List<String> wanted) {
    StructType schema = partitionColumn.map(name -> columns.add(name, "string")).orElse(columns);
    Set<String> position = new HashSet<>(POSITION);
    List<Column> selected = new ArrayList<>();
    for (String name : wanted) {
      selected.add(
          position.contains(name) ? col("_metadata." + name).as(name) : col("`" + name + "`"));
    }
    if (files.isEmpty()) {
      StructType with = schema.add("file_path", "string").add("row_index", "long");
      return spark
          .createDataFrame(List.of(), with)
          .select(wanted.stream().map(name -> col("`" + name + "`")).toArray(Column[]::new));
    }
    DataFrameReader reader = spark.read().schema(schema);
    if (partitionColumn.isPresent()) {
      reader = reader.option("basePath", table.toString());
    }
    return reader
        .parquet(files.stream().map(file -> file.in(table).toString()).toArray(String[]::new))
        .select(selected.toArray(Column[]::new));
  }

  private static JavaRDD<InternalRow> rdd(Dataset<Row> rows) {
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows).queryExecution().toRdd().toJavaRDD();
  }

  /** Knows the listed rows of the file at hand. */
  private static final class ListedRows {
    private final Map<String, RoaringBitmap> listed;
    private final int file;
    private final int row;
    private UTF8String current;
    private RoaringBitmap ofCurrent;

    ListedRows(Map<String, RoaringBitmap> listed, int file, int row) {
      this.listed = listed;
      this.file = file;
      this.row = row;
    }

    boolean test(InternalRow candidate) {
      UTF8String path = candidate.getUTF8String(file);
      if (!path.equals(current)) {
        current = path.copy();
        ofCurrent = listed.get(new Path(URI.create(path.toString())).toUri().getPath());
      }
      return ofCurrent != null && ofCurrent.contains((int) candidate.getLong(row));
    }
  }
}
