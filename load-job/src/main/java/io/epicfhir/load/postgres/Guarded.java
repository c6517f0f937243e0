package io.epicfhir.load.postgres;

import io.epicfhir.common.JobException;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.spi.TableWaits;
import java.sql.SQLException;

/**
 * Work that the database may break off: tried again where that may help, and its failure says how
 * the job ends.
 */
record Guarded(PostgresSession session, Retries retries, LoadState state) {

  /** The work. */
  interface Attempt<T> {
    T make() throws SQLException;
  }

  /**
   * Does it, alone on the session.
   *
   * @param doing completes "Cannot …"
   */
  <T> T run(String doing, Attempt<T> attempt) {
    return session.alone(
        () -> {
          try {
            return retries.run(() -> session.attempt(() -> once(doing, attempt)));
          } catch (PostgresFailure e) {
            throw ended(e);
          }
        });
  }

  private static <T> T once(String doing, Attempt<T> attempt) {
    try {
      return attempt.make();
    } catch (SQLException e) {
      throw PostgresFailure.of(e, doing);
    }
  }

  private JobException ended(PostgresFailure e) {
    boolean awaited =
        once(
            "read the foreign keys",
            () -> new Neighbours(state).areAwaited(session.connection(), e));
    return awaited ? new TableWaits(e.getMessage(), e) : e.asJobException();
  }
}
