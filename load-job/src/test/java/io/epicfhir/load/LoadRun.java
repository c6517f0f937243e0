package io.epicfhir.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.load.testing.SharedDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The load job as the scheduler runs it, on a lake and on schemas of its own. */
public final class LoadRun {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;
  private final String schema = SharedDatabase.newSchema();
  private final Map<String, String> settings = new LinkedHashMap<>();
  private String run = "r";

  public LoadRun(Path folder) {
    this.folder = folder;
    with("target", "postgresql");
    with("export-folder", "");
    with("jdbc-url", SharedDatabase.database().jdbcUrl());
    with("user", "postgres");
    with("password-file", "");
    with("schema", schema);
    with("state-schema", schema + "_state");
    with("reader-role", "");
    with("removed-columns", "keep");
    with("parallel-copies", "2");
    with("nul-policy", "replace");
    with("refused-values", "refuse");
    with("moved-from", "");
    with("verify-every", "0 days");
    with("lock-patience", "20 seconds");
    with("swap-timeout", "200 milliseconds");
    with("max-tries", "2");
    with("retry-pause", "10 milliseconds");
  }

  public LoadRun with(String key, String value) {
    settings.put(key, value);
    return this;
  }

  /** What is run from here on is of this logical run; the first one is r. */
  public LoadRun inRun(String id) {
    run = id;
    return this;
  }

  public String setting(String key) {
    return settings.get(key);
  }

  public Path lake() {
    return folder.resolve("lake");
  }

  public String schema() {
    return schema;
  }

  Path settingsFile() throws IOException {
    Files.createDirectories(folder);
    StringBuilder text = new StringBuilder("epic-fhir { lake = lake\n load {\n");
    settings.forEach((k, v) -> text.append(k).append(" = \"").append(v).append("\"\n"));
    return Files.writeString(folder.resolve("pipeline.conf"), text.append("}\n}\n"));
  }

  /**
   * Runs the job; the exit status.
   *
   * @param more arguments beside the usual ones
   */
  public int run(String... more) throws IOException {
    ViewTables.spark();
    List<String> all = new ArrayList<>(List.of(arguments()));
    all.addAll(List.of(more));
    return JobRunner.run(new Load(), all.toArray(String[]::new));
  }

  /** Takes out the patients on the list of opt-outs, as the task of a load does. */
  int purge() throws IOException {
    return JobRunner.run(new Purge(), arguments());
  }

  /** Starts the job in a JVM of its own. */
  public Process start(List<String> jvm, List<String> more) throws IOException {
    List<String> options = new ArrayList<>(jvm);
    options.addAll(more);
    return new ProcessBuilder(command(options))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** How the job starts in a JVM of its own. */
  List<String> command(List<String> jvm) throws IOException {
    List<String> options = new ArrayList<>(jvm);
    options.add("-Dspark.driver.host=127.0.0.1");
    options.add("-Dspark.driver.bindAddress=127.0.0.1");
    return ChildJvm.command(Load.class, options, arguments());
  }

  /** The usual ones of a task. */
  String[] arguments() throws IOException {
    return new String[] {
      "--conf",
      settingsFile().toString(),
      "--dag",
      "d",
      "--run",
      run,
      "--task",
      "load",
      "--interval-end",
      "2026-01-01T00:00:00Z"
    };
  }

  /** The report of this run's last try. */
  public JsonNode report() {
    try {
      return MAPPER.readTree(lake().resolve("metrics/d/" + run + "/load.json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public String error() {
    return report().at("/run/error").asText();
  }

  /** The rows of a query, columns joined by |, null as a word. */
  public List<String> query(String sql) throws SQLException {
    List<String> rows = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql.replace("{}", schema))) {
      while (found.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= found.getMetaData().getColumnCount(); i++) {
          row.add(String.valueOf(found.getString(i)));
        }
        rows.add(String.join("|", row));
      }
    }
    return rows;
  }

  public void execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql.replace("{}", schema));
    }
  }

  /** Makes a tablespace in the server's own folder. */
  public static void createTablespace(String name) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET allow_in_place_tablespaces = on");
      statement.execute("CREATE TABLESPACE " + name + " LOCATION ''");
    }
  }

  public static Connection connect() throws SQLException {
    Connection connection =
        DriverManager.getConnection(SharedDatabase.database().jdbcUrl(), "postgres", "");
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET TIME ZONE 'UTC'");
    }
    return connection;
  }
}
