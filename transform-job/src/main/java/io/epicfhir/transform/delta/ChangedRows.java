package io.epicfhir.transform.delta;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import io.epicfhir.common.Lake;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows that went and came between an earlier version of a table and now. Files tell where to
 * look; a row that only moved from one file to another is not among them.
 */
public final class ChangedRows {
  private static final String SIGN = "_sign";
  private static final String ONE = "_hash";
  private static final String OTHER = "_other_hash";
  private static final long SALT = 0x9E3779B97F4A7C15L;

  /** So many hashes are sent to every task: a few MB. */
  private static final int FEW = 200_000;

  private final SparkSession spark;
  private final Lake lake;
  private final Path table;
  private final TableLog log;
  private final List<DataFile> went = new ArrayList<>();
  private final List<DataFile> came = new ArrayList<>();
  private final List<DataFile> markedFiles = new ArrayList<>();
  private final Map<String, RoaringBitmap> marked = new HashMap<>();

  private ChangedRows(SparkSession spark, Lake lake, Path table) {
    this.spark = spark;
    this.lake = lake;
    this.table = table;
    this.log = TableLog.of(lake, table);
  }

  /**
   * The old and the new rows, with the table's columns; empty where that is not known any more: the
   * version, or one of its files, is cleaned up, or the columns are others.
   *
   * @param since the earlier version
   * @param identity what tells its commit from any other
   */
  public static Optional<Dataset<Row>> since(
      SparkSession spark, Lake lake, Path table, long since, String identity) {
    ChangedRows changed = new ChangedRows(spark, lake, table);
    return changed
        .log
        .identity(since)
        .filter(identity::equals)
        .flatMap(same -> changed.log.snapshot(since))
        .flatMap(old -> changed.between(old, changed.log.snapshot().orElseThrow()));
  }

  private Optional<Dataset<Row>> between(TableSnapshot old, TableSnapshot now) {
    StructType columns = (StructType) DataType.fromJson(now.schemaJson());
    if (!DataType.fromJson(old.schemaJson()).equals(columns)
        || !compare(byPath(old), byPath(now))
        || !isThere()) {
      return Optional.empty();
    }
    List<String> names = List.of(columns.fieldNames());
    TableScan scan = new TableScan(spark, lake, table, columns, Optional.empty());
    Dataset<Row> out = scan.dataset(went, names);
    if (!marked.isEmpty()) {
      out = out.unionAll(scan.only(marked, markedFiles, names));
    }
    Dataset<Row> in = scan.dataset(came, names);
    boolean oneWay = came.isEmpty() || (went.isEmpty() && marked.isEmpty());
    return Optional.of(oneWay ? out.unionAll(in) : difference(out, in, names));
  }

  /**
   * What one side has more often than the other. Mostly files were copied for the sake of a few
   * rows, which may hold long texts: so hashes of 128 bits are sent and counted, and the rows of
   * those that are left are read again.
   */
  private Dataset<Row> difference(Dataset<Row> out, Dataset<Row> in, List<String> names) {
    Column[] columns = names.stream().map(n -> col("`" + n + "`")).toArray(Column[]::new);
    Dataset<Row> both = out.withColumn(SIGN, lit(-1)).unionAll(in.withColumn(SIGN, lit(1)));
    if (out.schema().catalogString().contains("map<")) {
      return net(both, columns).select(columns); // a map has no hash
    }
    Column[] salted =
        Stream.concat(Stream.of(lit(SALT)), Stream.of(columns)).toArray(Column[]::new);
    both = both.withColumn(ONE, xxhash64(columns)).withColumn(OTHER, xxhash64(salted));
    Dataset<Row> hashes = net(both, col(ONE), col(OTHER)).select(ONE, OTHER);
    List<Row> few = hashes.limit(FEW + 1).collectAsList();
    if (few.isEmpty()) {
      return spark.createDataFrame(List.of(), out.schema());
    }
    if (few.size() > FEW) {
      return net(both, columns).select(columns);
    }
    Dataset<Row> left = broadcast(spark.createDataFrame(few, hashes.schema()));
    return both.join(left, new String[] {ONE, OTHER}, "left_semi").select(columns);
  }

  private static Dataset<Row> net(Dataset<Row> both, Column... columns) {
    return both.groupBy(columns).agg(sum(SIGN).as(SIGN)).where(col(SIGN).notEqual(0));
  }

  private static Map<String, DataFile> byPath(TableSnapshot snapshot) {
    Map<String, DataFile> files = new TreeMap<>();
    snapshot.files().forEach(file -> files.put(file.path(), file));
    return files;
  }

  /** Whether the rows can be told. */
  private boolean compare(Map<String, DataFile> old, Map<String, DataFile> now) {
    for (DataFile file : old.values()) {
      DataFile after = now.get(file.path());
      if (after == null) {
        went.add(file);
      } else if (!after.deletionVector().equals(file.deletionVector()) && !marks(file, after)) {
        return false;
      }
    }
    now.values().stream().filter(file -> !old.containsKey(file.path())).forEach(came::add);
    return true;
  }

  /** A file of which other rows are deleted now. */
  private boolean marks(DataFile before, DataFile after) {
    Optional<long[]> old = log.deletedPositions(before);
    Optional<long[]> now = log.deletedPositions(after);
    if (old.isEmpty() || now.isEmpty()) {
      return false;
    }
    RoaringBitmap rows = bitmap(now.get());
    RoaringBitmap earlier = bitmap(old.get());
    if (!rows.contains(earlier)) { // rows came back, as RESTORE does it
      went.add(before);
      came.add(after);
      return true;
    }
    rows.andNot(earlier);
    markedFiles.add(after);
    marked.put(after.in(table).toUri().getPath(), rows);
    return true;
  }

  private static RoaringBitmap bitmap(long[] positions) {
    return RoaringBitmap.bitmapOf(Arrays.stream(positions).mapToInt(Math::toIntExact).toArray());
  }

  /** VACUUM may have taken what a later commit removed. */
  private boolean isThere() {
    return went.stream()
        .allMatch(file -> lake.exists(file.in(table)) && log.deletedPositions(file).isPresent());
  }
}
