package io.epicfhir.load.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * A real PostgreSQL on 127.0.0.1 without a password, for tests, demo and benchmarks. As a process:
 * {@code --data-dir DIR --port N --state-file FILE}; it runs until it is terminated, and stops the
 * database then.
 */
public final class EmbeddedDatabase implements AutoCloseable {
  private static final String USAGE = "--data-dir DIR --port N(0: a free one) --state-file FILE";

  private final EmbeddedPostgres postgres;
  private final Path dataDir;

  private EmbeddedDatabase(EmbeddedPostgres postgres, Path dataDir) {
    this.postgres = postgres;
    this.dataDir = dataDir;
  }

  /**
   * Starts PostgreSQL.
   *
   * @param dataDir the cluster's files; made where nothing is, kept at the end
   * @param port 0 for a free one
   * @param durable whether commits wait for the disk; tests that throw their data away need not
   */
  public static EmbeddedDatabase start(Path dataDir, int port, Durability durable)
      throws IOException {
    Path absolute = dataDir.toAbsolutePath().normalize();
    refuseSecond(absolute);
    EmbeddedPostgres postgres =
        EmbeddedPostgres.builder()
            .setDataDirectory(absolute)
            .setCleanDataDirectory(false)
            .setRegisterShutdownHook(false)
            .setPort(port)
            .setPGStartupWait(Duration.ofSeconds(60))
            .setServerConfig("listen_addresses", "127.0.0.1")
            // No socket file in a shared folder: it would outlive a killed server.
            .setServerConfig("unix_socket_directories", "")
            .setServerConfig("fsync", durable == Durability.FSYNC ? "on" : "off")
            .start();
    return new EmbeddedDatabase(postgres, absolute);
  }

  /** What a commit waits for. */
  public enum Durability {
    /** The disk. */
    FSYNC,
    /** Nothing: fast, and lost when the machine stops. */
    NONE
  }

  /** The port on 127.0.0.1. */
  public int port() {
    return postgres.getPort();
  }

  /** How Java connects; the user is {@code postgres}. */
  public String jdbcUrl() {
    return "jdbc:postgresql://127.0.0.1:" + port() + "/postgres";
  }

  /** How psql connects. */
  public String psqlUrl() {
    return "postgresql://postgres@127.0.0.1:" + port() + "/postgres";
  }

  /** The postmaster's process id. */
  public long pid() throws IOException {
    return postmaster(dataDir);
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }

  /** Runs until the process is told to end. */
  public static void main(String[] args) throws Exception {
    Map<String, String> given = arguments(args);
    Path stateFile = Path.of(given.get("--state-file")).toAbsolutePath();
    EmbeddedDatabase database =
        start(
            Path.of(given.get("--data-dir")),
            Integer.parseInt(given.get("--port")),
            Durability.FSYNC);
    // The JVM's hook runs on SIGTERM, on Ctrl-C and when the terminal goes away.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(database, stateFile)));
    writeState(database, stateFile);
    new CountDownLatch(1).await();
  }

  private static void stop(EmbeddedDatabase database, Path stateFile) {
    try {
      database.close();
      Files.deleteIfExists(stateFile);
    } catch (IOException e) {
      throw new IllegalStateException(
          "Cannot remove the state file: " + stateFile + "; remove it by hand", e);
    }
  }

  private static void writeState(EmbeddedDatabase database, Path stateFile) throws IOException {
    String lines =
        "JDBC_URL=%s\nPSQL_URL=%s\nPID=%d\n"
            .formatted(database.jdbcUrl(), database.psqlUrl(), database.pid());
    Files.createDirectories(stateFile.getParent());
    Path part = stateFile.resolveSibling("." + stateFile.getFileName() + ".part");
    Files.writeString(part, lines);
    Files.move(
        part, stateFile, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Map<String, String> arguments(String... args) {
    Map<String, String> given = new LinkedHashMap<>();
    given.put("--port", "0");
    for (int i = 0; i + 1 < args.length; i += 2) {
      given.put(args[i], args[i + 1]);
    }
    if (args.length % 2 != 0
        || !given.keySet().equals(java.util.Set.of("--data-dir", "--port", "--state-file"))) {
      throw new IllegalArgumentException(
          "Cannot use the arguments: " + String.join(" ", args) + "; usage: " + USAGE);
    }
    return given;
  }

  /** Two servers on one cluster's files would ruin them; PostgreSQL's own complaint is lost. */
  private static void refuseSecond(Path dataDir) throws IOException {
    if (Files.exists(dataDir.resolve("postmaster.pid"))) {
      long pid = postmaster(dataDir);
      boolean runs =
          ProcessHandle.of(pid)
              .flatMap(process -> process.info().command())
              .filter(command -> command.contains("postgres"))
              .isPresent();
      if (runs) {
        throw new IllegalStateException(
            "Cannot start PostgreSQL: process "
                + pid
                + " runs on "
                + dataDir
                + "; end it with kill -INT "
                + pid);
      }
    }
  }

  private static long postmaster(Path dataDir) throws IOException {
    return Long.parseLong(Files.readAllLines(dataDir.resolve("postmaster.pid")).get(0).strip());
  }
}
