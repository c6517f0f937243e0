package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.lookups.LookupColumns;
import io.epicfhir.transform.silver.SilverSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** The tables that SQLViews read, each opened once a run; a lookup's rows are kept in memory. */
final class SourceTables implements AutoCloseable {
  private final SparkSession session;
  private final Lake lake;
  private final long broadcastThreshold;
  private final Map<String, Dataset<Row>> open = new TreeMap<>();
  private final List<Dataset<Row>> cached = new ArrayList<>();

  SourceTables(SparkSession session, Lake lake, long broadcastThreshold) {
    this.session = session;
    this.lake = lake;
    this.broadcastThreshold = broadcastThreshold;
  }

  /**
   * A session for joins.
   *
   * @param read the bytes of what is read
   * @param broadcastThreshold tables of at most so many bytes are sent to every task
   */
  static SparkSession session(SparkSession base, long read, long broadcastThreshold) {
    SparkSession session = SilverSession.of(base, read, 0);
    session.conf().set("spark.sql.autoBroadcastJoinThreshold", broadcastThreshold);
    return session;
  }

  /** All its rows. */
  Dataset<Row> rows(Source source) {
    return open.computeIfAbsent(source.table() + "@" + source.version(), any -> opened(source));
  }

  private Dataset<Row> opened(Source source) {
    if (source.missing().isPresent()) {
      return session.createDataFrame(List.of(), LookupColumns.missing(source.missing().get()));
    }
    TableSnapshot now = TableLog.of(lake, source.path()).snapshot().orElseThrow();
    StructType columns = (StructType) DataType.fromJson(now.schemaJson());
    Dataset<Row> rows =
        new TableScan(session, lake, source.path(), columns, Optional.empty())
            .plan(now.files(), List.of(columns.fieldNames()))
            .orElseGet(() -> byDelta(source, now, columns));
    if (source.isLookup() && source.bytes() <= broadcastThreshold) {
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
