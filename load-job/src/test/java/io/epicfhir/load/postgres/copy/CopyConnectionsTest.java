package io.epicfhir.load.postgres.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.testing.SharedDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class CopyConnectionsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final PostgresAccess access =
      new PostgresAccess(SharedDatabase.database().jdbcUrl(), "postgres", "");

  private static long process(Connection connection) throws SQLException {
    return Sql.number(connection, "SELECT pg_backend_pid()");
  }

  @Test
  void oneIsKeptFromUseToUseAndSharedByNoTwo() throws SQLException {
    List<Long> used = new ArrayList<>();
    try (CopyConnections connections = new CopyConnections(access, PATIENCE, 2)) {
      connections.with(first -> used.add(process(first)));
      connections.with(
          again -> {
            used.add(process(again));
            connections.with(other -> used.add(process(other)));
          });
    }
    assertThat(used.get(1)).isEqualTo(used.get(0)).isNotEqualTo(used.get(2));
    try (Connection look = access.connect(PATIENCE)) {
      ended(look, Set.copyOf(used));
    }
  }

  @Test
  void oneThatTheServerEndedOrThatFailedIsNotUsedAgain() throws SQLException {
    List<Long> used = new ArrayList<>();
    try (CopyConnections connections = new CopyConnections(access, PATIENCE, 2);
        Connection other = access.connect(PATIENCE)) {
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
  void oneWaitsForALockNoLongerThanItMay() throws SQLException {
    try (CopyConnections connections = new CopyConnections(access, Duration.ofMillis(100), 1);
        Connection holder = access.connect(PATIENCE)) {
      Sql.execute(holder, "CREATE TABLE IF NOT EXISTS public.held_for_long (a int)");
      holder.setAutoCommit(false);
      Sql.execute(holder, "LOCK TABLE public.held_for_long");

      assertThatThrownBy(
              () ->
                  connections.with(
                      c -> Sql.execute(c, "INSERT INTO public.held_for_long VALUES (1)")))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("lock timeout");
    }
  }

  @Test
  void thereAreNoMoreThanAllowedAndNoneWhereOthersTakeTheirPlace() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(6);
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Set<Long> processes = ConcurrentHashMap.newKeySet();
    try (CopyConnections connections = new CopyConnections(access, PATIENCE, 2);
        Connection look = access.connect(PATIENCE)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        boolean without = i % 10 == 9;
        all.add(
            threads.submit(
                () -> {
                  if (without) {
                    connections.without(() -> most.accumulateAndGet(now.get() + 2, Math::max));
                  } else {
                    connections.with(
                        connection -> {
                          most.accumulateAndGet(now.incrementAndGet(), Math::max);
                          processes.add(process(connection));
                          now.decrementAndGet();
                        });
                  }
                  return null;
                }));
      }
      for (Future<?> each : all) {
        each.get(30, TimeUnit.SECONDS);
      }
      assertThat(most).hasValue(2);
      connections.with(connection -> processes.add(process(connection)));
      connections.without(() -> ended(look, processes));
    } finally {
      threads.shutdownNow();
    }
  }

  /** A process ends a moment after its connection. */
  private static void ended(Connection look, Set<Long> processes) {
    String some = processes.stream().map(String::valueOf).collect(Collectors.joining(", "));
    String alive = "SELECT count(*) FROM pg_stat_activity WHERE pid IN (" + some + ")";
    long deadline = System.nanoTime() + 10_000_000_000L;
    try {
      while (Sql.number(look, alive) > 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void whatIsNotCommittedIsTakenBack() throws SQLException {
    String table = "public." + SharedDatabase.newSchema();
    try (CopyConnections connections = new CopyConnections(access, PATIENCE, 2);
        Connection other = access.connect(PATIENCE)) {
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
