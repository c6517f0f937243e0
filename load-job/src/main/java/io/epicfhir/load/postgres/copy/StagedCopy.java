package io.epicfhir.load.postgres.copy;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Progress;
import io.epicfhir.common.delta.TableRows;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.SQLException;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
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

  /** As the other, of a table of few rows, without a Spark job; others load meanwhile. */
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
    Column[] bytes = shape.columns().stream().map(PostgresType::asBytes).toArray(Column[]::new);
    try {
      ((org.apache.spark.sql.classic.Dataset<Row>) rows.select(bytes))
          .queryExecution()
          .toRdd()
          .coalesce(copies, false, Option.apply(new EvenParts()), null)
          .toJavaRDD()
          .foreachPartition(copy);
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
}
