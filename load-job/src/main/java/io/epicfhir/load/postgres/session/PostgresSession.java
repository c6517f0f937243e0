package io.epicfhir.load.postgres.session;

import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * The one connection that makes loads visible, and with it the lock that keeps a second loader out:
 * who loses the connection loses both together. Threads that load tables side by side take turns.
 */
public final class PostgresSession implements AutoCloseable {
  /** The first half of the advisory lock's key: which of the locks in a database is ours. */
  private static final int LOCK_CLASS = 0x46484952;

  /** What an index is sorted in, where the server's own setting is not larger. */
  private static final long INDEX_KILOBYTES = 256 << 10;

  private final PostgresAccess access;
  private final String lockName;
  private final Duration patience;
  private final Duration statementPatience;
  private final ReentrantLock turn = new ReentrantLock();

  /** Of each thread's attempt the connection that it began on. */
  private final Map<Thread, Connection> begun = new ConcurrentHashMap<>();

  private Connection connection;

  /**
   * A session that connects at first use.
   *
   * @param lockName what two loaders must not both have
   * @param patience how long to wait for the other loader
   * @param statementPatience how long a statement waits for somebody else's lock
   */
  public PostgresSession(
      PostgresAccess access, String lockName, Duration patience, Duration statementPatience) {
    this.access = access;
    this.lockName = lockName;
    this.patience = patience;
    this.statementPatience = statementPatience;
  }

  /** The connection, with the lock; opened again where the last one broke. */
  public Connection connection() {
    try {
      Connection mine = begun.get(Thread.currentThread());
      if (mine != null && (!mine.equals(connection) || !connection.isValid(10))) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BROKEN,
            "Cannot continue at "
                + access.place()
                + ": the session was lost, and with it the lock that keeps other loaders out; rerun");
      }
      if (connection == null || !connection.isValid(10)) {
        close();
        connection = access.connect(patience);
        lock();
      }
      return connection;
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "talk to PostgreSQL at " + access.place());
    }
  }

  private void lock() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement
          .executeQuery(
              "SELECT pg_advisory_lock(%d, hashtext(%s))"
                  .formatted(LOCK_CLASS, Identifiers.literal(lockName)))
          .close();
      statement.execute("SET lock_timeout = " + statementPatience.toMillis());
      statement.execute(sortingIn(INDEX_KILOBYTES, false));
    } catch (SQLException e) {
      close();
      if ("55P03".equals(e.getSQLState())) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BUSY,
            "Cannot start the load into "
                + access.place()
                + ": another load held the lock for "
                + patience.toSeconds()
                + " s; wait until it ends, then rerun");
      }
      throw e;
    }
  }

  /** Whether the server can be reached. */
  public boolean answers() {
    return alone(
        () -> {
          try {
            return connection().isValid(10);
          } catch (PostgresFailure | SQLException e) {
            return false;
          }
        });
  }

  /**
   * The statement that lets an index be sorted in so much, where the server's own setting is not
   * larger.
   *
   * @param local until the transaction's end only
   */
  public static String sortingIn(long kilobytes, boolean local) {
    return "SELECT set_config('maintenance_work_mem', greatest(setting::bigint, %d)::text, %s)"
            .formatted(kilobytes, local)
        + " FROM pg_catalog.pg_settings WHERE name = 'maintenance_work_mem'";
  }

  /** Work whose statements no other thread's come between. */
  public <T> T alone(Supplier<T> work) {
    turn.lock();
    try {
      return work.get();
    } finally {
      turn.unlock();
    }
  }

  /**
   * Work that ends as {@link PostgresFailure.Kind#BROKEN} where the session is lost on its way:
   * another loader may have been there since, and what the work left in the database may be gone or
   * be that loader's. A new attempt begins from the start.
   */
  public <T> T attempt(Supplier<T> work) {
    begun.put(Thread.currentThread(), connection());
    try {
      return work.get();
    } finally {
      begun.remove(Thread.currentThread());
    }
  }

  /** Within such work, something that does without the session: others may use it meanwhile. */
  public void meanwhile(Runnable elsewhere) {
    turn.unlock();
    try {
      elsewhere.run();
    } finally {
      turn.lock();
    }
  }

  /** Runs statements outside a transaction, each for itself. */
  public void execute(String... statements) throws SQLException {
    Sql.execute(connection(), statements);
  }

  /** The one number or boolean (as 0 or 1) that a query gives. */
  public long number(String query) throws SQLException {
    return Sql.number(connection(), query);
  }

  /** What happens within one transaction. */
  public interface Work {
    void on(Connection connection) throws SQLException;
  }

  /** All of it or nothing. */
  public void transaction(Work work) throws SQLException {
    transaction(connection(), work);
  }

  /** The same, on a connection of its own. */
  public static void transaction(Connection mine, Work work) throws SQLException {
    mine.setAutoCommit(false);
    try {
      work.on(mine);
      mine.commit();
    } catch (Throwable e) { // an Error, too: a transaction that stays open would be committed
      takeBack(mine, e);
      throw e;
    }
    mine.setAutoCommit(true);
  }

  /** Autocommit comes back only after the rollback, as JDBC commits what is open then. */
  private static void takeBack(Connection connection, Throwable reason) {
    try {
      if (!connection.isClosed()) {
        connection.rollback();
        connection.setAutoCommit(true);
      }
    } catch (Throwable e) {
      reason.addSuppressed(e);
      end(connection, reason);
    }
  }

  /** The server takes back what a connection that ends leaves open. */
  private static void end(Connection connection, Throwable reason) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      reason.addSuppressed(e);
    }
  }

  @Override
  public void close() {
    Connection last = connection;
    connection = null;
    try {
      if (last != null) {
        last.close();
      }
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "close the connection to " + access.place());
    }
  }
}
