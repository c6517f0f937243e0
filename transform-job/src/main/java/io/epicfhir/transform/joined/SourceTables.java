package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.LiveRows;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.lookups.LookupColumns;
import io.epicfhir.transform.silver.SilverSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/** The tables that SQLViews read, each opened once a run; a lookup's rows are kept in memory. */
final class SourceTables implements AutoCloseable {
  private final SparkSession session;
  private final Lake lake;
  private final JoinedLimits limits;
  private final Map<String, Dataset<Row>> open = new TreeMap<>();
  private final Map<String, Known> known = new TreeMap<>();
  private final List<Dataset<Row>> cached = new ArrayList<>();

  /** What a table's log says of it; a lookup that is not there has columns nevertheless. */
  private record Known(StructType columns, Optional<TableSnapshot> now) {}

  SourceTables(SparkSession session, Lake lake, JoinedLimits limits) {
    this.session = session;
    this.lake = lake;
    this.limits = limits;
  }

  /**
   * A session for joins.
   *
   * @param read the bytes of what is read
   */
  static SparkSession session(SparkSession base, long read, JoinedLimits limits) {
    SparkSession session = SilverSession.of(base, read, 0);
    session.conf().set("spark.sql.autoBroadcastJoinThreshold", limits.broadcastBytes());
    return session;
  }

  /** Its columns. */
  StructType columns(Source source) {
    return known(source).columns();
  }

  /** How many live rows it has; very many where the log does not tell. */
  long count(Source source) {
    return known(source).now().map(now -> now.rows().orElse(Long.MAX_VALUE / 64)).orElse(0L);
  }

  /** Reads some columns of its live rows by this thread. */
  void read(Source source, StructType columns, Consumer<InternalRow> taker) {
    LiveRows live = new LiveRows(lake, source.path(), columns);
    known(source)
        .now()
        .ifPresent(
            now ->
                now.files().forEach(f -> live.read(f, (row, path, position) -> taker.accept(row))));
  }

  /**
   * Reads those of its live rows that some columns of them tell, by this thread: those columns
   * first, then the others of these rows.
   *
   * @param telling columns that the condition needs
   */
  void read(
      Source source,
      StructType telling,
      Predicate<InternalRow> wanted,
      StructType columns,
      Consumer<InternalRow> taker) {
    LiveRows first = new LiveRows(lake, source.path(), telling);
    LiveRows second = new LiveRows(lake, source.path(), columns);
    for (DataFile file : known(source).now().map(TableSnapshot::files).orElse(List.of())) {
      RoaringBitmap found = new RoaringBitmap();
      first.read(
          file,
          (row, path, position) -> {
            if (wanted.test(row)) {
              found.add(position);
            }
          });
      second.readOnly(file, found, (row, path, position) -> taker.accept(row));
    }
  }

  /** What is small. */
  JoinedLimits limits() {
    return limits;
  }

  /** Whether it is so small that it is kept in memory. */
  boolean isKept(Source source) {
    return source.isLookup() && source.bytes() <= limits.broadcastBytes();
  }

  private Known known(Source source) {
    return known.computeIfAbsent(name(source), any -> find(source));
  }

  private Known find(Source source) {
    if (source.missing().isPresent()) {
      return new Known(LookupColumns.missing(source.missing().get()), Optional.empty());
    }
    TableSnapshot now = TableLog.of(lake, source.path()).snapshot().orElseThrow();
    return new Known((StructType) DataType.fromJson(now.schemaJson()), Optional.of(now));
  }

  private static String name(Source source) {
    return source.table()
        + "@"
        + source.version()
        + source.missing().map(List::toString).orElse("");
  }

  /** All its rows. */
  Dataset<Row> rows(Source source) {
    return open.computeIfAbsent(name(source), any -> opened(source));
  }

  private Dataset<Row> opened(Source source) {
    StructType columns = columns(source);
    if (known(source).now().isEmpty()) {
      return session.createDataFrame(List.of(), columns);
    }
    TableSnapshot now = known(source).now().get();
    Dataset<Row> rows =
        new TableScan(session, lake, source.path(), columns, Optional.empty())
            .plan(now.files(), List.of(columns.fieldNames()))
            .orElseGet(() -> byDelta(source, now, columns));
    if (isKept(source)) {
      rows = rows.persist();
      cached.add(rows);
    }
    return rows;
  }

  /** Delta's own reader knows any number of deleted rows; it reads the log by Spark each time. */
  private Dataset<Row> byDelta(Source source, TableSnapshot now, StructType columns) {
    return session
        .read()
        .format("delta")
        .option("versionAsOf", now.version())
        .load(source.path().toString())
        .select(
            Arrays.stream(columns.fieldNames())
                .map(name -> col("`" + name + "`"))
                .toArray(Column[]::new));
  }

  @Override
  public void close() {
    cached.forEach(Dataset::unpersist);
  }
}
