package io.epicfhir.load;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.Progress;
import java.sql.SQLException;
import java.util.UUID;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies rows into a view's staging table, by several connections at once, each row once whatever
 * Spark runs twice.
 *
 * @param session the connection that has the lock
 */
record StagedCopy(LoadSettings settings, LoadState state, PostgresSession session) {
  private static final Logger LOG = LoggerFactory.getLogger(StagedCopy.class);

  /** A view of this size, as Parquet, is worth a further connection. */
  private static final long BYTES_A_COPY = 8L << 20;

  /**
   * Makes the staging table and fills it.
   *
   * @param shape the columns of the rows
   * @param create makes the table; what an interrupted load left there goes
   * @param view what the rows are of
   * @param expected how many rows there are to tell of, or 0
   * @return what arrived
   */
  Loaded copy(
      TableShape shape, String[] create, Dataset<Row> rows, ViewSnapshot view, long expected)
      throws SQLException {
    try {
      return copy(shape, create, rows, view, expected, true);
    } catch (BinaryValues.NotPlain e) {
      LOG.info("{} has values that PostgreSQL must judge: it is copied as text", view.name());
      return copy(shape, create, rows, view, expected, false);
    }
  }

  @SuppressWarnings("try") // the progress tells by itself
  private Loaded copy(
      TableShape shape,
      String[] create,
      Dataset<Row> rows,
      ViewSnapshot view,
      long expected,
      boolean binary)
      throws SQLException {
    String attempt = UUID.randomUUID().toString();
    state.staging(view.name());
    state.begin(session.connection(), view.name(), attempt);
    session.execute(create);
    Failpoint.at("load.begun");
    int copies = (int) Math.min(settings.parallelCopies(), 1 + view.bytes() / BYTES_A_COPY);
    PartitionCopy copy =
        new PartitionCopy(settings.access(), state, attempt, shape, settings.nulPolicy(), binary);
    if (copies == 1 || expected == 0) {
      copy(shape, rows, copy, copies);
    } else {
      CopyProgress gauge = new CopyProgress(settings.access(), state, attempt, expected);
      try (Progress unused = Progress.of("rows of " + view.name(), "rows", gauge)) {
        copy(shape, rows, copy, copies);
      }
    }
    Failpoint.at("load.copied");
    return state.copied(session.connection(), attempt);
  }

  private static void copy(TableShape shape, Dataset<Row> rows, PartitionCopy copy, int copies) {
    Column[] bytes =
        shape.columns().stream().map(TableShape.Column::asBytes).toArray(Column[]::new);
    try {
      rows.select(bytes).coalesce(copies).foreachPartition(copy);
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
