package io.epicfhir.transform.queries;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import io.epicfhir.common.query.QueryArguments;
import io.epicfhir.common.query.QueryFile;
import io.epicfhir.common.query.QueryOutput;
import io.epicfhir.common.query.QueryRefused;
import io.epicfhir.common.query.SqlQuery;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.transform.views.LocalSpark;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Runs a query on the lake: what {@code ci/query.sh} calls. */
public final class RunQuery {
  private static final List<String> FOLDERS = List.of("views", "joined", "lookups");

  private RunQuery() {}

  /**
   * The process; see {@link QueryArguments}. Exit 2 where the query cannot be run as it is asked.
   */
  public static void main(String[] args) {
    SparkSession session = session();
    int status = run(session, System.out, System.err, args);
    session.stop();
    System.exit(status);
  }

  /** As the process; the exit status. */
  static int run(SparkSession session, PrintStream out, PrintStream err, String... args) {
    try {
      run(session, QueryArguments.parse(args), out);
      return ExitCode.DONE.number();
    } catch (JobException e) {
      err.println(e.getMessage());
      return e.exitCode().number();
    }
  }

  private static void run(SparkSession session, QueryArguments arguments, PrintStream out) {
    SqlQuery query = QueryFile.read(arguments.queries(), arguments.name(), LakeQuery.DIALECTS);
    Map<String, Object> values = query.bound(arguments);
    LakePaths paths = SettingsFile.load(arguments.settingsFile()).lake();
    try {
      Lake lake = new Lake(paths, session.sparkContext().hadoopConfiguration());
      Map<String, Dataset<Row>> tables = new LinkedHashMap<>();
      query
          .tables()
          .forEach((label, table) -> tables.put(label, table(session, lake, query, table)));
      show(LakeQuery.rows(session, query, tables, values), arguments, out);
    } catch (Exception e) { // Spark throws checked ones without saying so
      if (e instanceof SparkThrowable known && known.getCondition() != null) {
        throw new QueryRefused(query.name(), "Spark cannot run it: " + known.getCondition());
      }
      throw e;
    }
  }

  static SparkSession session() {
    return LocalSpark.session()
        .config(NioLocalFileSystem.ofSpark())
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate();
  }

  private static Dataset<Row> table(SparkSession session, Lake lake, SqlQuery query, String table) {
    for (String folder : FOLDERS) {
      var path = new org.apache.hadoop.fs.Path(lake.paths().at(folder), table);
      if (TableLog.of(lake, path).version().isPresent()) {
        return session.read().format("delta").load(path.toString());
      }
    }
    throw new QueryRefused(query.name(), "the lake has no table " + table);
  }

  private static void show(Dataset<Row> rows, QueryArguments arguments, PrintStream out) {
    if (arguments.isParquet()) {
      parquet(rows, arguments.out().get());
      out.println("The rows are in " + arguments.out().get());
      return;
    }
    QueryOutput output = new QueryOutput(Arrays.asList(rows.columns()));
    Iterator<Row> all = rows.toLocalIterator();
    Iterator<List<Object>> lists =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return all.hasNext();
          }

          @Override
          public List<Object> next() {
            return values(all.next());
          }
        };
    if (arguments.out().isPresent()) {
      long count = output.csv(lists, arguments.out().get());
      out.println(count + " rows in " + arguments.out().get());
    } else {
      output.print(lists, out);
    }
  }

  /** A row's values; an array is a list. */
  static List<Object> values(Row row) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < row.size(); i++) {
      values.add(row.get(i) instanceof scala.collection.Seq<?> ? row.getList(i) : row.get(i));
    }
    return values;
  }

  /** Spark writes folders; the file is the one in it. */
  private static void parquet(Dataset<Row> rows, Path file) {
    Path folder = file.resolveSibling("." + file.getFileName() + ".part");
    rows.coalesce(1)
        .write()
        .mode("overwrite")
        .option("compression", "zstd")
        .parquet(folder.toUri().toString());
    try (Stream<Path> parts = Files.list(folder)) {
      Path part =
          parts.filter(one -> one.toString().endsWith(".parquet")).findFirst().orElseThrow();
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write " + file, e);
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot remove " + folder, e);
    }
  }
}
