package io.epicfhir.load;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;

import io.epicfhir.common.RowGroups;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.load.spi.TableShape;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.functions;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/**
 * One view's rows into PostgreSQL by three ways in turns, in one warm JVM: the load job, COPY of a
 * ready CSV on one connection, Spark's JDBC writer. Each repetition is a line {@code NAME=SECONDS}.
 */
final class LoadBench {
  private static final String VIEW = "observation";
  private static final String PEERS = "peers";
  private static final int HUNDREDTH = 100;

  private final Path folder;
  private final Path lake;
  private final String url;
  private final Path settings;
  private int runs;

  private LoadBench(Path folder, Path lake, String url, Path settings) {
    this.folder = folder;
    this.lake = lake;
    this.url = url;
    this.settings = settings;
  }

  /**
   * {@code fill SOURCE_LAKE LAKE TIMES}: a lake with the view's rows so many times, each time as
   * other resources. {@code measure LAKE JDBC_URL SETTINGS REPETITIONS}.
   */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("fill")) {
      fill(Path.of(args[1]), Path.of(args[2]), Integer.parseInt(args[3]));
    } else {
      Path lake = Path.of(args[1]);
      new LoadBench(lake.getParent(), lake, args[2], Path.of(args[3]))
          .measure(Integer.parseInt(args[4]));
    }
    ViewTables.spark().stop();
  }

  private static void fill(Path source, Path lake, int times) {
    // As the transform job's session has it; Delta passes no such option on.
    ViewTables.spark().sparkContext().hadoopConfiguration().setLong(RowGroups.KEY, RowGroups.BYTES);
    Dataset<Row> rows = table(source);
    var numbers = ViewTables.spark().range(times).withColumnRenamed("id", "copy");
    Dataset<Row> all = rows.crossJoin(functions.broadcast(numbers));
    for (String key : List.of("id", TableShape.RESOURCE_ID)) {
      all = all.withColumn(key, concat(col("copy").cast("string"), lit("-"), col(key)));
    }
    List<org.apache.spark.sql.Column> columns = new ArrayList<>();
    for (var field : rows.schema().fields()) {
      columns.add(col("`" + field.name() + "`").as(field.name(), field.metadata()));
    }
    all.select(columns.toArray(org.apache.spark.sql.Column[]::new))
        .write()
        .format("delta")
        .option("delta.enableDeletionVectors", "true")
        .option("delta.dataSkippingNumIndexedCols", "0")
        .save(lake.resolve("views").resolve(VIEW).toString());
    System.out.println("rows=" + table(lake).count());
  }

  private static Dataset<Row> table(Path lake) {
    return ViewTables.spark()
        .read()
        .format("delta")
        .load(lake.resolve("views").resolve(VIEW).toString());
  }

  private void measure(int repetitions) throws Exception {
    job(); // the first one warms up, and gives the peers their table and their rows
    execute("CREATE SCHEMA IF NOT EXISTS " + PEERS);
    Path csv = folder.resolve(VIEW + ".csv");
    try (Connection connection = connect();
        OutputStream out = Files.newOutputStream(csv)) {
      copies(connection).copyOut("COPY fhir.observation TO STDOUT (FORMAT csv)", out);
    }
    copy(csv);
    jdbc();
    for (int i = 0; i < repetitions; i++) {
      execute("DROP TABLE fhir.observation", "DELETE FROM fhir_pipeline.load_state");
      tell("whole", this::job);
      tell("copy", () -> copy(csv));
      tell("finish", this::finish);
      tell("jdbc", this::jdbc);
    }
    for (int i = 0; i < repetitions + 1; i++) {
      change(i);
      tell(i == 0 ? "change_warmup" : "change", this::job);
      must("changes", i);
    }
    Files.delete(csv);
  }

  /** The load job as it is, from settings to run report. */
  private void job() throws IOException {
    int status =
        JobRunner.run(
            new Load(),
            "--conf",
            settings.toString(),
            "--dag",
            "bench",
            "--run",
            "r" + runs++,
            "--task",
            "load",
            "--interval-end",
            "2026-01-01T00:00:00Z");
    if (status != 0) {
      throw new IllegalStateException("The load ended with " + status);
    }
  }

  private void must(String way, int change) throws IOException {
    Path report = lake.resolve("metrics/bench/r" + (runs - 1) + "/load.json");
    if (!Files.readString(report).contains("\"loaded\":\"" + way + "\"")
        && !Files.readString(report).contains("\"loaded\" : \"" + way + "\"")) {
      throw new IllegalStateException("Change " + change + " was not loaded as " + way);
    }
  }

  /** What psql's \copy does: one connection, a ready file, a bare table. */
  private void copy(Path csv) throws SQLException, IOException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        InputStream in = Files.newInputStream(csv)) {
      statement.execute("DROP TABLE IF EXISTS peers.by_copy");
      statement.execute("CREATE TABLE peers.by_copy (LIKE fhir.observation)");
      copies(connection).copyIn("COPY peers.by_copy FROM STDIN (FORMAT csv)", in, 1 << 16);
    }
  }

  /** What makes that table the load job's: the same indexes and statistics. */
  private void finish() throws SQLException {
    List<String> indexes = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX .+? ON .+? USING',"
                    + " 'CREATE \\1INDEX ON peers.by_copy USING') FROM pg_indexes"
                    + " WHERE schemaname = 'fhir' AND tablename = 'observation'")) {
      while (found.next()) {
        indexes.add(found.getString(1));
      }
    }
    indexes.add("ANALYZE peers.by_copy");
    execute(indexes.toArray(String[]::new));
  }

  private void jdbc() throws SQLException {
    execute("DROP TABLE IF EXISTS peers.by_jdbc");
    Dataset<Row> rows = table(lake);
    for (var field : rows.schema().fields()) {
      if (field.dataType() instanceof org.apache.spark.sql.types.ArrayType) {
        rows = rows.withColumn(field.name(), functions.to_json(col(field.name())));
      }
    }
    rows.write()
        .mode(SaveMode.Overwrite)
        .format("jdbc")
        .option("url", url + "?reWriteBatchedInserts=true")
        .option("driver", "org.postgresql.Driver")
        .option("user", "postgres")
        .option("dbtable", "peers.by_jdbc")
        .option("numPartitions", "2")
        .option("batchsize", "10000")
        .save();
  }

  /** One resource of a hundred gets a changed text, as the transform job commits it. */
  private void change(int number) {
    Dataset<Row> rows = table(lake);
    String text = "display";
    for (var field : rows.schema().fields()) {
      text = field.name().contains("display") ? field.name() : text;
    }
    List<Row> chosen =
        rows.filter(
                functions
                    .pmod(functions.hash(col(TableShape.RESOURCE_ID)), lit(HUNDREDTH))
                    .equalTo(number))
            .withColumn(text, concat(lit(number + " "), col(text)))
            .select(
                java.util.Arrays.stream(rows.schema().fieldNames())
                    .map(name -> col("`" + name + "`"))
                    .toArray(org.apache.spark.sql.Column[]::new))
            .collectAsList();
    List<String> ids =
        chosen.stream().map(row -> row.<String>getAs(TableShape.RESOURCE_ID)).distinct().toList();
    ViewTables.change(lake, VIEW, rows.schema(), ids, chosen);
  }

  private interface Work {
    void make() throws Exception;
  }

  private static void tell(String name, Work work) throws Exception {
    long begin = System.nanoTime();
    work.make();
    System.out.printf(Locale.ROOT, "%s=%.3f%n", name, (System.nanoTime() - begin) / 1e9);
  }

  private void execute(String... statements) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(url, "postgres", "");
  }

  private static CopyManager copies(Connection connection) throws SQLException {
    return connection.unwrap(PGConnection.class).getCopyAPI();
  }
}
