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
  /** As pg_stat_activity tells of these connections. */
  public static final String APPLICATION = "epic-fhir load";

  /** One, as each reads its defaults from the class path anew. */
  private static final Driver DRIVER = new Driver();

  /**
   * A new connection in a session whose settings the written values depend on.
   *
   * @throws PostgresFailure naming host, port and database
   */
  public Connection connect() {
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
      prepare(connection);
      return connection;
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "reach PostgreSQL at " + place() + " as " + user);
    }
  }

  /**
   * The same, of a session that waits so long for a lock. A copy must not wait for ever for who
   * holds the pipeline's own tables.
   */
  public Connection connect(Duration lockPatience) throws SQLException {
    Connection connection = connect();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET lock_timeout = " + Math.max(1, lockPatience.toMillis()));
      return connection;
    } catch (SQLException e) {
      connection.close();
      throw e;
    }
  }

  /** Host, port and database, for messages. */
  public String place() {
    return url.replaceFirst("^jdbc:postgresql:(//)?", "").replaceFirst("\\?.*$", "");
  }

  private static void prepare(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      // The driver takes the machine's time zone; a date without a time must not depend on it.
      statement.execute(
          "SET TIME ZONE 'UTC'; SET datestyle = 'ISO'; SET standard_conforming_strings = on;"
              + " SET statement_timeout = 0; SET idle_session_timeout = 0;"
              + " SET idle_in_transaction_session_timeout = 0;"
              // Servers before PostgreSQL 17 have none.
              + " SELECT set_config('transaction_timeout', '0', false)"
              + " WHERE current_setting('transaction_timeout', true) IS NOT NULL;"
              // What a green run loaded must be there after a crash, whatever the database's habit.
              + " SELECT set_config('synchronous_commit', 'on', false)"
              + " WHERE current_setting('synchronous_commit') = 'off'");
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
