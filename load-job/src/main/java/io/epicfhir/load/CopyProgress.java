package io.epicfhir.load;

import io.epicfhir.common.Progress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.Supplier;

/** How far the copies of one attempt are, as PostgreSQL itself counts them. */
final class CopyProgress implements Supplier<Progress.Reading>, AutoCloseable {
  private final Connection connection;
  private final String query;
  private final String attempt;
  private final long expected;

  /** Opens a connection of its own: the others are busy. */
  CopyProgress(PostgresAccess access, LoadState state, String attempt, long expected) {
    this.connection = access.connect();
    this.query =
        """
        SELECT p.rows + c.rows, p.bytes + c.bytes, c.copies
        FROM (SELECT coalesce(sum(rows), 0) AS rows, coalesce(sum(bytes), 0) AS bytes
            FROM %s WHERE attempt = ?) p,
          (SELECT coalesce(sum(tuples_processed), 0) AS rows,
            coalesce(sum(bytes_processed), 0) AS bytes, count(*) AS copies
            FROM pg_catalog.pg_stat_progress_copy c
            JOIN pg_catalog.pg_stat_activity a USING (pid)
            WHERE a.datname = current_database() AND a.application_name = '%s') c"""
            .formatted(state.parts(), PostgresAccess.APPLICATION);
    this.attempt = attempt;
    this.expected = expected;
  }

  @Override
  public Progress.Reading get() {
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, attempt);
      try (ResultSet found = statement.executeQuery()) {
        found.next();
        long rows = found.getLong(1);
        return new Progress.Reading(rows, expected, rows, found.getLong(2), found.getInt(3), 0);
      }
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "ask how far the copies are").asJobException();
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
