package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.postgres.session.PostgresAccess;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Deque;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;

/**
 * The connections by which this process copies tables of few rows, kept from one table to the next:
 * to make one takes longer than to fill such a table. Between two copies none is in a transaction.
 * While Spark's tasks copy a large table by connections of their own, there are none of these: a
 * role may not have many.
 */
public final class CopyConnections implements AutoCloseable {
  private static final int SECONDS = 10;

  private final PostgresAccess access;
  private final Duration lockPatience;
  private final int most;
  private final Semaphore free;
  private final Deque<Connection> idle = new ConcurrentLinkedDeque<>();

  /**
   * @param lockPatience how long one waits for somebody else's lock
   * @param most how many there are at once
   */
  public CopyConnections(PostgresAccess access, Duration lockPatience, int most) {
    this.access = access;
    this.lockPatience = lockPatience;
    this.most = most;
    this.free = new Semaphore(most, true);
  }

  /** What happens on a connection without autocommit; what it does not commit is taken back. */
  public interface Work {
    /** Does it. */
    void on(Connection connection) throws SQLException;
  }

  /** Does it on a connection that nobody else has meanwhile; waits for one. */
  void with(Work work) throws SQLException {
    free.acquireUninterruptibly();
    try {
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
          end(connection);
        }
      }
    } finally {
      free.release();
    }
  }

  /** Does something else while there are none; waits for those that are in use. */
  void without(Runnable work) {
    free.acquireUninterruptibly(most);
    try {
      close();
      work.run();
    } finally {
      free.release(most);
    }
  }

  private Connection connection() throws SQLException {
    for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
      if (kept.isValid(SECONDS)) {
        return kept;
      }
      end(kept);
    }
    Connection connection = access.connect(lockPatience);
    connection.setAutoCommit(false);
    return connection;
  }

  @Override
  public void close() {
    for (Connection kept = idle.poll(); kept != null; kept = idle.poll()) {
      end(kept);
    }
  }

  private static void end(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is gone either way; what it committed stands.
    }
  }
}
