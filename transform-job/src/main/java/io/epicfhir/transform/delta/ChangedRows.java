package io.epicfhir.transform.delta;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.xxhash64;

import io.epicfhir.common.delta.ChangedParts;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * The rows removed and added between an earlier version of a table and now, as its commits show
 * them; a row that only moved from one file to another, or came back as it was, is not among them.
 */
public final class ChangedRows {
  private static final String SIGN = "_sign";
  private static final String ONE = "_hash";
  private static final String OTHER = "_other_hash";
  private static final long SALT = 0x9E3779B97F4A7C15L;

  /** So many hashes are sent to every task: a few MB; so many rows are compared as they are. */
  private static final int FEW = 200_000;

  private final Lake lake;
  private final Path table;
  private final StructType columns;
  private final List<String> names;
  private final Side out = new Side();
  private final Side in = new Side();

  /** The rows that went, or those that came. */
  private static final class Side {
    private final Map<String, DataFile> whole = new HashMap<>();
    private final Map<String, DataFile> partly = new HashMap<>();
    private final Map<String, RoaringBitmap> positions = new HashMap<>();
    private long rows;

    /** False for rows that went, or came, twice. */
    boolean takes(ChangedParts.Part part, Path table) {
      DataFile file = part.file();
      if (part.only().isEmpty()) {
        rows += file.rows().orElse(FEW + 1);
        return whole.put(file.path(), file) == null;
      }
      RoaringBitmap only = part.only().get();
      rows += only.getLongCardinality();
      partly.put(file.path(), file);
      RoaringBitmap others =
          positions.computeIfAbsent(file.in(table).toUri().getPath(), f -> new RoaringBitmap());
      boolean once = !RoaringBitmap.intersects(others, only);
      others.or(only);
      return once;
    }

    boolean isEmpty() {
      return whole.isEmpty() && partly.isEmpty();
    }

    long wholeBytes() {
      return whole.values().stream().mapToLong(DataFile::bytes).sum();
    }
  }

  private ChangedRows(Lake lake, Path table, StructType columns) {
    this.lake = lake;
    this.table = table;
    this.columns = columns;
    this.names = List.of(columns.fieldNames());
  }

  /**
   * The old and the new rows; empty where they are not known any more: a commit since, or one of
   * its files, is cleaned up, or the columns are others.
   *
   * @param since the earlier version
   * @param identity the identity of its commit
   */
  public static Optional<ChangedRows> since(Lake lake, Path table, long since, String identity) {
    TableLog log = TableLog.of(lake, table);
    if (!log.identity(since).equals(Optional.of(identity))) {
      return Optional.empty();
    }
    TableSnapshot now = log.snapshot().orElseThrow();
    DataType columns = DataType.fromJson(now.schemaJson());
    ChangedRows changed = new ChangedRows(lake, table, (StructType) columns);
    return ChangedParts.between(
            log, since, now.version(), json -> DataType.fromJson(json).equals(columns))
        .filter(changed::takes)
        .map(parts -> changed);
  }

  /** How many rows went and came at most; those that only moved are counted, too. */
  public long atMost() {
    return out.rows + in.rows;
  }

  /** The bytes of files that went and came whole: rows of them may be copies of each other. */
  public long copiedBytes() {
    return mayHoldCopies() ? out.wholeBytes() + in.wholeBytes() : 0;
  }

  private boolean mayHoldCopies() {
    return !out.whole.isEmpty() && !in.whole.isEmpty();
  }

  /**
   * Reads some of the table's columns of them by this thread; each row is good until the next one
   * comes. Where whole files went and came, all are held in memory, and rows that are on both sides
   * are left out; else a row that was removed and added again occurs twice.
   */
  public void read(StructType some, Consumer<InternalRow> taker) {
    if (!mayHoldCopies()) {
      read(out, some, taker);
      read(in, some, taker);
      return;
    }
    FlatRows flat = new FlatRows(columns, columns);
    Map<UnsafeRow, Integer> net = new HashMap<>();
    read(out, columns, row -> net.merge(flat.of(row), -1, Integer::sum));
    read(in, columns, row -> net.merge(flat.of(row), 1, Integer::sum));
    FlatRows narrow = new FlatRows(columns, some);
    net.forEach(
        (row, times) -> {
          if (times != 0) {
            taker.accept(narrow.of(row));
          }
        });
  }

  private void read(Side side, StructType some, Consumer<InternalRow> taker) {
    LiveRows live = new LiveRows(lake, table, some);
    side.whole.values().forEach(f -> live.read(f, (row, path, position) -> taker.accept(row)));
    FileRows rows = new FileRows(lake.hadoop(), some);
    for (DataFile file : side.partly.values()) {
      RoaringBitmap only = side.positions.get(file.in(table).toUri().getPath());
      rows.readOnly(file.in(table), only, (row, position) -> taker.accept(row));
    }
  }

  private boolean takes(List<ChangedParts.Part> parts) {
    return parts.stream().allMatch(part -> (part.gone() ? out : in).takes(part, table))
        && Stream.of(out, in)
            .flatMap(
                side -> Stream.concat(side.whole.values().stream(), side.partly.values().stream()))
            .allMatch(file -> lake.exists(file.in(table)));
  }

  /** All of them, with the table's columns. */
  public Dataset<Row> dataset(SparkSession spark) {
    TableScan scan = new TableScan(spark, lake, table, columns, Optional.empty());
    Dataset<Row> went = read(scan, out);
    Dataset<Row> came = read(scan, in);
    return out.isEmpty() || in.isEmpty() ? went.unionAll(came) : difference(spark, went, came);
  }

  private Dataset<Row> read(TableScan scan, Side side) {
    List<DataFile> whole = List.copyOf(side.whole.values());
    Dataset<Row> all = scan.plan(whole, names).orElseGet(() -> scan.dataset(whole, names));
    return side.partly.isEmpty()
        ? all
        : all.unionAll(scan.only(side.positions, List.copyOf(side.partly.values()), names));
  }

  /**
   * What one side has more often than the other. Where files of another writer were copied for the
   * sake of a few rows, which may hold long texts, hashes of 128 bits are sent and counted, and the
   * rows of those that are left are read again.
   */
  private Dataset<Row> difference(SparkSession spark, Dataset<Row> went, Dataset<Row> came) {
    Column[] columns = names.stream().map(n -> col("`" + n + "`")).toArray(Column[]::new);
    Dataset<Row> both = went.withColumn(SIGN, lit(-1)).unionAll(came.withColumn(SIGN, lit(1)));
    boolean noHash = went.schema().catalogString().contains("map<"); // a map has none
    if (noHash || out.rows + in.rows <= FEW) {
      return net(both, columns).select(columns);
    }
    Column[] salted =
        Stream.concat(Stream.of(lit(SALT)), Stream.of(columns)).toArray(Column[]::new);
    both = both.withColumn(ONE, xxhash64(columns)).withColumn(OTHER, xxhash64(salted));
    Dataset<Row> hashes = net(both, col(ONE), col(OTHER)).select(ONE, OTHER);
    List<Row> few = hashes.limit(FEW + 1).collectAsList();
    if (few.isEmpty()) {
      return spark.createDataFrame(List.of(), went.schema());
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
}
