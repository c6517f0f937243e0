package io.epicfhir.load.postgres.session;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * How driver and executors reach the database. It travels to executors, so it holds the password
 * file's path and never the password: each process reads the file itself.
 *
 * @param url the JDBC URL, without a password
 * @param passwordFile a local path, or empty where the database asks for no password
 */
public record PostgresAccess(String url, String user, String passwordFile) implements Serializable {
  /** The name of these connections in pg_stat_activity. */
  public static final String APPLICATION = "epic-fhir load";

  /** One, as each reads its defaults from the class path anew. */
  private static final Driver DRIVER = new Driver();

  /**
   * Where names without a schema are looked for: among PostgreSQL's own. In a schema where others
   * may create something, a function of theirs that fits a call better would run as the loader.
   */
  public static final String SEARCH_PATH = "SET search_path = pg_catalog, pg_temp";

  /** What the values that are written, and the locks that are held, depend on. */
  private static final String[] SESSION = {
    SEARCH_PATH,
    // The driver takes the machine's time zone; a date without a time must not depend on it.
    "SET TIME ZONE 'UTC'",
    "SET datestyle = 'ISO'",
    "SET array_nulls = on",
    "SET standard_conforming_strings = on",
    // Types are compared by their names.
    "SET quote_all_identifiers = off",
    "SET default_transaction_isolation = 'read committed'",
    "SET statement_timeout = 0",
    // The server notices soon that this machine is gone, and frees the locks; and what is between
    // the two does not forget a connection that is silent while others copy.
    "SET idle_in_transaction_session_timeout = '5min'",
    "SET tcp_keepalives_idle = 60",
    "SET tcp_keepalives_interval = 10",
    "SET tcp_keepalives_count = 6",
    // Servers before PostgreSQL 14, and before 17, have none.
    "SELECT set_config('idle_session_timeout', '0', false)"
        + " WHERE current_setting('idle_session_timeout', true) IS NOT NULL",
    "SELECT set_config('transaction_timeout', '0', false)"
        + " WHERE current_setting('transaction_timeout', true) IS NOT NULL",
    // What a green run loaded must be there after a crash, whatever the database's habit.
    "SELECT set_config('synchronous_commit', 'on', false)"
        + " WHERE current_setting('synchronous_commit') = 'off'"
  };

  /**
   * A new connection in a session whose settings the written values depend on.
   *
   * @param lockPatience how long a statement waits for a lock: nothing waits for ever for who holds
   *     one of the pipeline's own tables
   * @throws PostgresFailure naming host, port and database
   */
  public Connection connect(Duration lockPatience) {
    Properties properties = new Properties();
    PGProperty.USER.set(properties, user);
    PGProperty.APPLICATION_NAME.set(properties, APPLICATION);
    PGProperty.TCP_KEEP_ALIVE.set(properties, true);
    if (!passwordFile.isEmpty()) {
      PGProperty.PASSWORD.set(properties, password());
    }
    try {
      // Not by DriverManager: it does not see drivers of the loader that spark-submit makes.
      Connection connection = DRIVER.connect(url, properties);
      prepare(connection, lockPatience);
      return connection;
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "reach PostgreSQL at " + place() + " as " + user);
    }
  }

  /**
   * Makes sure that the database can hold every character, and knows it for one.
   *
   * @throws PostgresFailure of kind SETTINGS where its encoding is another one than UTF8
   */
  public void requireUnicode(Connection connection) throws SQLException {
    String encoding = Sql.texts(connection, "SHOW server_encoding").get(0);
    if (!encoding.equals("UTF8")) {
      throw new PostgresFailure(
          PostgresFailure.Kind.SETTINGS,
          "Cannot load into %s: the database has the encoding %s, which does not have every character. Create one with: CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'; name it in load.jdbc-url, then rerun."
              .formatted(place(), encoding));
    }
  }

  /** Host, port and database, for messages. */
  public String place() {
    return url.replaceFirst("^jdbc:postgresql:(//)?", "").replaceFirst("\\?.*$", "");
  }

  private static void prepare(Connection connection, Duration lockPatience) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          String.join("; ", SESSION)
              + "; SET lock_timeout = "
              + Math.max(1, lockPatience.toMillis()));
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  private String password() {
    try {
      return Files.readString(Path.of(passwordFile)).strip();
    } catch (IOException e) {
      throw new PostgresFailure(
          PostgresFailure.Kind.SETTINGS,
          "Cannot read the password file: "
              + passwordFile
              + "; it must be readable here and on every executor");
    }
  }
}
