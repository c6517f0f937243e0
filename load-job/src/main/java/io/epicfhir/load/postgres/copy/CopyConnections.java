package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.postgres.session.PostgresAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * The connections by which this process copies tables of few rows, kept from one table to the next:
 * to make one takes longer than to fill such a table. Between two copies none is in a transaction.
 */
public final class CopyConnections implements AutoCloseable {
  private static final int SECONDS = 10;

  private final PostgresAccess access;
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

  public CopyConnections(PostgresAccess access) {
    this.access = access;
  }

  /** What happens on a connection without autocommit; what it does not commit is taken back. */
  interface Work {
    void on(Connection connection) throws SQLException;
  }

  /** Does it on a connection that nobody else has meanwhile. */
  void with(Work work) throws SQLException {
    Connection connection = connection();
    boolean done = false;
    try {
      work.on(connection);
      connection.rollback();
      done = true;
    } finally {
      if (done) {
        idle.push(connection);
      } else {
        connection.close();
      }
    }
  }

  private Connection connection() throws SQLException {
    for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
      if (kept.isValid(SECONDS)) {
        return kept;
      }
      kept.close();
    }
    Connection connection = access.connect();
    connection.setAutoCommit(false);
    return connection;
  }

  @Override
  public void close() throws SQLException {
    for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
      kept.close();
    }
  }
}
