package io.epicfhir.load.postgres.copy;

import io.epicfhir.common.Progress;
import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.state.LoadState;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the copies of one attempt are, as PostgreSQL itself counts them. It only reports: if the
 * database does not answer, or has no connection left, it reports what it knew last.
 */
final class CopyProgress implements Supplier<Progress.Reading> {
  private static final Logger LOG = LoggerFactory.getLogger(CopyProgress.class);

  /** A lock on the pipeline's own tables does not hold up the one who asks. */
  private static final Duration A_MOMENT = Duration.ofSeconds(1);

  private final PostgresAccess access;
  private final String query;
  private final String attempt;
  private Progress.Reading last;
  private boolean begun;

  /** Of an attempt of which nothing is copied yet. */
  CopyProgress(PostgresAccess access, LoadState state, String attempt, long expected) {
    this.access = access;
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
            .formatted(state.copies().parts(), PostgresAccess.APPLICATION);
    this.attempt = attempt;
    this.last = new Progress.Reading(0, expected, 0, 0, 0, 0);
  }

  @Override
  public synchronized Progress.Reading get() {
    if (begun) {
      ask();
    }
    begun = true;
    return last;
  }

  /** By a connection of its own, for a moment: the others are busy. */
  private void ask() {
    try (Connection connection = access.connect(A_MOMENT);
        PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setString(1, attempt);
      try (ResultSet found = statement.executeQuery()) {
        found.next();
        long rows = found.getLong(1);
        last = new Progress.Reading(rows, last.total(), rows, found.getLong(2), found.getInt(3), 0);
      }
    } catch (SQLException | PostgresFailure e) {
      LOG.info("Cannot read the progress of the copies: {}", e.getMessage());
    }
  }
}
