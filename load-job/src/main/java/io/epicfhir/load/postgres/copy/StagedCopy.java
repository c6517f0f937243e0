package io.epicfhir.load.postgres.copy;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Progress;
import io.epicfhir.common.SideBySide;
import io.epicfhir.common.delta.TableRows;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.ChangedRows;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewChanges;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;

/**
 * Copies rows into a view's staging table, by several connections at once, each row once whatever
 * Spark runs twice.
 *
 * @param session the connection that has the lock
 * @param connections for tables of few rows
 */
public record StagedCopy(
    LoadSettings settings, LoadState state, PostgresSession session, CopyConnections connections) {
  private static final Logger LOG = LoggerFactory.getLogger(StagedCopy.class);

  /** A view of this size, as Parquet, is worth a further connection. */
  private static final long BYTES_A_COPY = 8L << 20;

  /** What each of several indexes is sorted in. */
  private static final long INDEX_KILOBYTES = 128 << 10;

  /**
   * Makes the staging table and fills it.
   *
   * @param shape the columns of the rows
   * @param create makes the table; what an interrupted load left there goes
   * @param view what the rows are of
   * @param expected how many rows the progress counts to, or 0
   * @return what arrived
   */
  public Loaded copy(
      TableShape shape, String[] create, Dataset<Row> rows, ViewSnapshot view, long expected)
      throws SQLException {
    return binaryOrText(
        view,
        binary ->
            copy(
                shape,
                create,
                copy -> connections.without(() -> spark(rows, view, expected, copy)),
                view,
                binary));
  }

  /** As the other, of changes; without a Spark job where they are few. */
  public Loaded copy(TableShape shape, String[] create, ViewChanges changes) throws SQLException {
    ViewSnapshot view = changes.view();
    Optional<ChangedRows> few =
        changes.few().filter(rows -> CopyBatches.takes(shape, rows.schema()));
    return binaryOrText(
        view,
        binary ->
            copy(
                shape,
                create,
                copy -> {
                  if (binary && few.isPresent()) {
                    session.meanwhile(() -> copy.copy(few.get(), connections));
                  } else {
                    connections.without(() -> spark(changes.rows().get(), view, 0, copy));
                  }
                },
                view,
                binary));
  }

  /** As the first, of a table of few rows, without a Spark job; others load meanwhile. */
  public Loaded copy(String[] create, TableRows rows, ViewSnapshot view) throws SQLException {
    return binaryOrText(
        view,
        binary ->
            copy(
                view.shape(),
                create,
                copy -> session.meanwhile(() -> copy.copy(rows, connections)),
                view,
                binary));
  }

  /**
   * Work on a view's staging table, each piece in a transaction of its own, several at once: an
   * index alone is sorted on several cores, but merged and written on one.
   *
   * @return what failed, and why
   */
  public <T> Map<T, SQLException> sideBySide(String view, Map<T, CopyConnections.Work> pieces)
      throws SQLException {
    String attempt = state.copies().attempt(session.connection(), view);
    Map<T, SQLException> failed = new ConcurrentHashMap<>();
    session.meanwhile(
        () ->
            SideBySide.forEach(
                pieces.entrySet(),
                settings.parallelCopies(),
                piece -> {
                  try {
                    connections.with(one -> alone(one, view, attempt, piece.getValue()));
                  } catch (SQLException e) {
                    failed.put(piece.getKey(), e);
                  }
                }));
    return failed;
  }

  private void alone(Connection connection, String view, String attempt, CopyConnections.Work work)
      throws SQLException {
    state.copies().require(connection, view, attempt);
    Sql.execute(
        connection,
        "SET LOCAL max_parallel_maintenance_workers = 0",
        PostgresSession.sortingIn(INDEX_KILOBYTES, true));
    work.on(connection);
    connection.commit();
  }

  /** Whether several connections are worth it. */
  public boolean isWorthSeveral(ViewSnapshot view) {
    return view.isLarge() && settings.parallelCopies() > 1;
  }

  /** One try, in one of the formats. */
  private interface Try {
    Loaded copy(boolean binary) throws SQLException;
  }

  private static Loaded binaryOrText(ViewSnapshot view, Try copies) throws SQLException {
    if (view.shape().columns().stream().anyMatch(column -> !BinaryValues.has(column.type()))) {
      return copies.copy(false);
    }
    try {
      return copies.copy(true);
    } catch (BinaryValues.NotPlain e) {
      LOG.info(
          "{} has values that cannot be sent in binary form; it is copied as text", view.name());
      return copies.copy(false);
    }
  }

  private Loaded copy(
      TableShape shape,
      String[] create,
      Consumer<PartitionCopy> rows,
      ViewSnapshot view,
      boolean binary)
      throws SQLException {
    String attempt = UUID.randomUUID().toString();
    state.staging(view.name());
    state.copies().begin(session.connection(), view.name(), attempt);
    session.execute(create);
    Failpoint.at("load.begun");
    rows.accept(
        new PartitionCopy(
            settings.access(),
            state,
            attempt,
            shape,
            settings.nulPolicy(),
            binary,
            settings.lockPatience()));
    Failpoint.at("load.copied");
    return state.copies().copied(session.connection(), attempt);
  }

  @SuppressWarnings("try") // the progress logs by itself
  private void spark(Dataset<Row> rows, ViewSnapshot view, long expected, PartitionCopy copy) {
    int copies = (int) Math.min(settings.parallelCopies(), 1 + view.bytes() / BYTES_A_COPY);
    if (copies == 1 || expected == 0) {
      copy(copy.shape(), rows, copy, copies);
    } else {
      CopyProgress gauge = new CopyProgress(settings.access(), state, copy.attempt(), expected);
      try (Progress unused = Progress.of("rows of " + view.name(), "rows", gauge)) {
        copy(copy.shape(), rows, copy, copies);
      }
    }
  }

  private static void copy(TableShape shape, Dataset<Row> rows, PartitionCopy copy, int copies) {
    try {
      Optional<RDD<ColumnarBatch>> batches =
          copy.binary() ? CopyBatches.of(shape, rows) : Optional.empty();
      if (batches.isPresent()) {
        shared(batches.get(), copies).foreachPartition(copy.ofBatches());
      } else {
        shared(bytes(shape, rows), copies).foreachPartition(copy);
      }
    } catch (Exception e) {
      // Spark wraps a task's exception; what it says of it quotes nothing but our own message.
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof PostgresFailure known) {
          throw known;
        }
        if (cause instanceof BinaryValues.NotPlain known) {
          throw known;
        }
      }
      throw e;
    }
  }

  private static RDD<InternalRow> bytes(TableShape shape, Dataset<Row> rows) {
    Column[] bytes = shape.columns().stream().map(PostgresType::asBytes).toArray(Column[]::new);
    return ((org.apache.spark.sql.classic.Dataset<Row>) rows.select(bytes))
        .queryExecution()
        .toRdd();
  }

  private static <T> JavaRDD<T> shared(RDD<T> rows, int copies) {
    return rows.coalesce(copies, false, Option.apply(new EvenParts()), null).toJavaRDD();
  }
}
