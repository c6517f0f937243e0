package io.epicfhir.load.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.testing.SharedDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a transaction and an attempt leave where they do not come to their end. */
class PostgresSessionTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final PostgresAccess access =
      new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", "");
  private final String schema = SharedDatabase.newSchema();
  private final String table = schema + ".one";
  private PostgresSession session;

  @BeforeEach
  void aTableOfOneRow() throws SQLException {
    session = new PostgresSession(access, schema, Duration.ofSeconds(1), Duration.ofSeconds(1));
    session.execute("CREATE SCHEMA " + schema, "CREATE TABLE " + table + " AS SELECT 1 AS n");
  }

  @AfterEach
  void end() {
    session.close();
  }

  @Test
  void anErrorTakesTheTransactionBack() throws SQLException {
    assertThatThrownBy(
            () ->
                session.transaction(
                    c -> {
                      Sql.execute(c, "DELETE FROM " + table);
                      throw new OutOfMemoryError("Java heap space");
                    }))
        .isInstanceOf(OutOfMemoryError.class);

    assertThat(session.number("SELECT count(*) FROM " + table)).isEqualTo(1);
    session.execute("DELETE FROM " + table);
    try (Connection other = access.connect(PATIENCE)) {
      assertThat(Sql.number(other, "SELECT count(*) FROM " + table))
          .as("autocommit is on")
          .isZero();
    }
  }

  /** Another loader may have been there meanwhile, and what this one left may be that one's. */
  @Test
  void anAttemptDoesNotGoOnWithAnotherSession() throws SQLException {
    assertThatThrownBy(
            () ->
                session.attempt(
                    () -> {
                      lose();
                      return session.connection();
                    }))
        .isInstanceOfSatisfying(
            PostgresFailure.class, e -> assertThat(e.kind()).isEqualTo(PostgresFailure.Kind.BROKEN))
        .hasMessageContaining("the session was lost");

    assertThat(session.attempt(() -> session.connection())).as("the next attempt").isNotNull();
  }

  private void lose() {
    try (Connection other = access.connect(PATIENCE)) {
      long process = Sql.number(session.connection(), "SELECT pg_backend_pid()");
      Sql.number(other, "SELECT pg_terminate_backend(" + process + ", 5000)::integer");
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What a role or a database prefers decides neither about values nor about locks. */
  @Test
  void whatTheRoleIsSetToDoesNotCount() throws SQLException {
    String role = schema + "_special";
    session.execute(
        "CREATE ROLE " + role + " LOGIN",
        "ALTER ROLE " + role + " SET default_transaction_isolation = 'serializable'",
        "ALTER ROLE " + role + " SET array_nulls = off",
        "ALTER ROLE " + role + " SET search_path = public",
        "ALTER ROLE " + role + " SET datestyle = 'German, DMY'",
        "ALTER ROLE " + role + " SET idle_in_transaction_session_timeout = '1s'",
        "ALTER ROLE " + role + " SET tcp_keepalives_idle = 7200");

    try (Connection special =
        new PostgresAccess(SharedDatabase.database().jdbcUrl(), role, "").connect(PATIENCE)) {
      assertThat(
              Sql.texts(
                  special,
                  "SELECT name || ' ' || setting FROM pg_settings WHERE name IN ('array_nulls',"
                      + " 'default_transaction_isolation', 'search_path',"
                      + " 'idle_in_transaction_session_timeout', 'lock_timeout',"
                      + " 'tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count')"
                      + " ORDER BY 1"))
          .containsExactly(
              "array_nulls on",
              "default_transaction_isolation read committed",
              "idle_in_transaction_session_timeout 300000",
              "lock_timeout 20000",
              "search_path pg_catalog, pg_temp",
              "tcp_keepalives_count 6",
              "tcp_keepalives_idle 60",
              "tcp_keepalives_interval 10");
    }
  }

  @Test
  void aTimeoutOfTransactionsThatTheRoleHasDoesNotCount() throws SQLException {
    String role = schema + "_hasty";
    session.execute(
        "CREATE ROLE " + role + " LOGIN", "ALTER ROLE " + role + " SET transaction_timeout = '1s'");

    try (Connection hasty =
        new PostgresAccess(SharedDatabase.database().jdbcUrl(), role, "").connect(PATIENCE)) {
      assertThat(Sql.texts(hasty, "SHOW transaction_timeout")).containsExactly("0");
    }
  }
}
