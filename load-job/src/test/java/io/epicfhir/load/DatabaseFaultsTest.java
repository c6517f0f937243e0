package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.testing.EmbeddedDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A database that stops, is full, takes no more connections, or is locked by somebody else. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class DatabaseFaultsTest {
  private static final int MANY = 200_000;

  @TempDir Path folder;
  private final ExecutorService other = Executors.newSingleThreadExecutor();

  @AfterEach
  void end() {
    other.shutdownNow();
  }

  @Test
  void aServerThatStopsAtOnceWithinTheCopyCostsNoRow() throws Exception {
    Path data = folder.resolve("data");
    EmbeddedDatabase database = EmbeddedDatabase.start(data, 0, EmbeddedDatabase.Durability.FSYNC);
    String url = database.jdbcUrl();
    int port = database.port();
    LoadRun load =
        new LoadRun(folder)
            .with("jdbc-url", url)
            .with("max-tries", "8")
            .with("retry-pause", "500 milliseconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(MANY, "x"));
    try {
      Future<EmbeddedDatabase> back =
          other.submit(
              () -> {
                awaitCopy(url);
                // What pg_ctl stop -m immediate sends: no farewell, recovery at the next start.
                long server = database.pid();
                new ProcessBuilder("sh", "-c", "kill -QUIT " + server).start().waitFor();
                Eventually.isTrue(
                    () -> ProcessHandle.of(server).filter(ProcessHandle::isAlive).isEmpty());
                database.close(); // gives the folder free; the server is gone
                return EmbeddedDatabase.start(data, port, EmbeddedDatabase.Durability.FSYNC);
              });

      int status = load.run();

      try (EmbeddedDatabase again = back.get()) {
        assertThat(status).as(() -> "the load ended with: " + load.error()).isZero();
        assertThat(one(again.jdbcUrl(), "SELECT count(*) FROM " + load.schema() + ".a"))
            .isEqualTo(String.valueOf(MANY));
      }
    } finally {
      database.close();
    }
  }

  @Test
  void commitsAreDurableWhereTheDatabaseIsSetToLoseThem() throws Exception {
    try (Connection connection =
            new PostgresAccess(url(), "postgres", "").connect(Duration.ofSeconds(20));
        Statement statement = connection.createStatement()) {
      for (String own : new String[] {"off", "local", "remote_apply"}) {
        statement.execute("ALTER ROLE postgres SET synchronous_commit = " + own);
        try (Connection another =
                new PostgresAccess(url(), "postgres", "").connect(Duration.ofSeconds(20));
            Statement ask = another.createStatement();
            ResultSet found = ask.executeQuery("SHOW synchronous_commit")) {
          found.next();
          assertThat(found.getString(1)).isEqualTo(own.equals("off") ? "on" : own);
        }
      }
      statement.execute("ALTER ROLE postgres RESET synchronous_commit");
    }
  }

  @Test
  void aDeadlockIsTriedAgain() throws Exception {
    LoadRun load = new LoadRun(folder).with("swap-timeout", "20 seconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));
    try (Connection second = LoadRun.connect();
        Statement statement = second.createStatement()) {
      second.setAutoCommit(false);
      // The swap takes the table first and the state then: the other way round meets it half way.
      statement.execute("SET deadlock_timeout = '60s'");
      statement.execute("LOCK TABLE " + load.schema() + "_state.load_state IN EXCLUSIVE MODE");
      Future<Integer> status = other.submit((Callable<Integer>) load::run);
      Eventually.isTrue(
          () ->
              "1"
                  .equals(
                      one(
                          url(),
                          "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation ="
                              + " '%s_state.load_state'::regclass".formatted(load.schema()))));

      try (ResultSet seen =
          statement.executeQuery("SELECT count(*) FROM " + load.schema() + ".a")) {
        seen.next();
        assertThat(seen.getInt(1)).isEqualTo(3);
      }
      second.commit();

      assertThat(status.get()).isZero();
    }
    assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("4|new");
  }

  @Test
  void aRoleWithoutAConnectionLeftIsToldSo() throws Exception {
    LoadRun load = new LoadRun(folder);
    String role = load.schema() + "_one";
    load.execute("CREATE ROLE " + role + " LOGIN CONNECTION LIMIT 1");
    load.execute("GRANT CREATE ON DATABASE postgres TO " + role);
    load.with("user", role);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(6);

    assertThat(load.error())
        .contains(
            "too many connections for role",
            "check that the server is up and has free disk space and connections");
    load.execute("ALTER ROLE " + role + " CONNECTION LIMIT 5");
    assertThat(load.run()).isZero();
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("3");
  }

  @Test
  void aFullDiskLeavesTheOldTable() throws Exception {
    Path small = Files.createDirectory(folder.resolve("small"));
    Assumptions.assumeTrue(
        process("mount", "-t", "tmpfs", "-o", "size=8m,mode=777", "tmpfs", small.toString()) == 0,
        "No right to mount a small tmpfs here: a full disk cannot be tried");
    try {
      LoadRun load = new LoadRun(folder);
      ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
      assertThat(load.run()).isZero();
      String space = load.schema() + "_space";
      // PostgreSQL may run as another user than the test.
      process("chmod", "-R", "777", folder.toString());
      process("chown", "--reference=" + dataFolder(), small.toString());
      load.execute("CREATE TABLESPACE %s LOCATION '%s'".formatted(space, small));
      load.execute("ALTER TABLE %s.a SET TABLESPACE %s".formatted(load.schema(), space));
      ViewTables.write(load.lake(), "a", plain(), plainRows(MANY, "new"));

      assertThat(load.run()).isEqualTo(6);

      assertThat(load.error())
          .contains(
              "No space left on device",
              "check that the server is up and has free disk space and connections, then rerun");
      assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly("3|old");
      load.execute("ALTER TABLE %s.a SET TABLESPACE pg_default".formatted(load.schema()));
      assertThat(load.run()).isZero();
      assertThat(load.query("SELECT count(*), min(text) FROM {}.a")).containsExactly(MANY + "|new");
      load.execute("DROP TABLESPACE " + space);
    } finally {
      process("umount", "-l", small.toString());
    }
  }

  private static String dataFolder() throws SQLException {
    return one(url(), "SHOW data_directory");
  }

  private static String url() {
    return io.epicfhir.load.testing.SharedDatabase.database().jdbcUrl();
  }

  private static int process(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  private static void awaitCopy(String url) throws Exception {
    Eventually.isTrue(
        () ->
            Long.parseLong(
                    one(
                        url,
                        "SELECT coalesce(sum(tuples_processed), 0) FROM pg_stat_progress_copy"))
                > 1000);
  }

  private static String one(String url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url, "postgres", "");
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      found.next();
      return found.getString(1);
    }
  }
}
