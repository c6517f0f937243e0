package io.epicfhir.load.postgres.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.testing.SharedDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CopyConnectionsTest {
  private final PostgresAccess access =
      new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", "");

  private static long process(Connection connection) throws SQLException {
    return Sql.number(connection, "SELECT pg_backend_pid()");
  }

  @Test
  void oneIsKeptFromUseToUseAndSharedByNoTwo() throws SQLException {
    List<Long> used = new ArrayList<>();
    try (CopyConnections connections = new CopyConnections(access)) {
      connections.with(first -> used.add(process(first)));
      connections.with(
          again -> {
            used.add(process(again));
            connections.with(other -> used.add(process(other)));
          });
    }
    assertThat(used.get(1)).isEqualTo(used.get(0)).isNotEqualTo(used.get(2));
    try (Connection look = access.connect()) {
      String alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = %d OR pid = %d";
      long deadline = System.nanoTime() + 10_000_000_000L; // a process ends a moment later
      while (Sql.number(look, alive.formatted(used.get(1), used.get(2))) > 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }

  @Test
  void oneThatTheServerEndedOrThatFailedIsNotUsedAgain() throws SQLException {
    List<Long> used = new ArrayList<>();
    try (CopyConnections connections = new CopyConnections(access);
        Connection other = access.connect()) {
      connections.with(first -> used.add(process(first)));
      Sql.number(other, "SELECT pg_terminate_backend(" + used.get(0) + ", 5000)::integer");
      connections.with(second -> used.add(process(second)));
      assertThatThrownBy(() -> connections.with(c -> Sql.number(c, "SELECT 1 / 0")))
          .isInstanceOf(SQLException.class);
      connections.with(third -> used.add(process(third)));
    }
    assertThat(used).doesNotHaveDuplicates();
  }

  @Test
  void whatIsNotCommittedIsTakenBack() throws SQLException {
    String table = SharedDatabase.newSchema();
    try (CopyConnections connections = new CopyConnections(access);
        Connection other = access.connect()) {
      connections.with(c -> Sql.execute(c, "CREATE TABLE " + table + " (n int)"));
      String there = "SELECT count(*) FROM pg_class WHERE relname = '" + table + "'";
      assertThat(Sql.number(other, there)).isZero();
      assertThat(
              Sql.number(
                  other,
                  "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
                      + " AND query LIKE '%"
                      + table
                      + " (n int)%'"))
          .isZero();
    }
  }
}
