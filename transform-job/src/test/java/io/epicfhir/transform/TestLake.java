package io.epicfhir.transform;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.NioLocalFileSystem;
import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** A lake on local disk whose bronze is written by hand; everything else is the real thing. */
final class TestLake {
  private static final StructType BRONZE =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("resource", DataTypes.StringType)
          .add("export_id", DataTypes.StringType)
          .add("source_file", DataTypes.StringType)
          .add("source_line", DataTypes.LongType);

  private final Lake lake;
  private final Path root;
  private final Map<String, List<String>> views = new TreeMap<>();
  private WriteSettings writing = new WriteSettings(DeletionVectors.OFF, 0);

  TestLake(Path root) {
    this.root = root;
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    this.lake = new Lake(new LakePaths(root.toUri().toString()), hadoop);
  }

  /** One session for all tests of the module; a new one where a test has stopped it. */
  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .appName("transform tests")
        .config("spark.ui.enabled", "false")
        .config(NioLocalFileSystem.ofSpark())
        // The tests' own looks at tables: with Spark's and Delta's defaults each would be hundreds
        // of empty tasks.
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        // A handful of rows never pays for compiling a plan.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.cache.maxEntries", "2000")
        .config("spark.sql.artifact.isolation.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate();
  }

  /** Runs the job as the task transform of the run r1; its exit status. */
  static int job(Path settings) {
    return JobRunner.run(
        new Transform(),
        "--conf",
        settings.toString(),
        "--dag",
        "etl",
        "--run",
        "r1",
        "--task",
        "transform",
        "--interval-end",
        "2026-01-20T00:00:00Z");
  }

  Lake lake() {
    return lake;
  }

  Path root() {
    return root;
  }

  /** An export that is not landed yet. */
  Export export(String id, String transactionTime) {
    return new Export(id, Instant.parse(transactionTime));
  }

  /** Defines a view; the same name again replaces it. */
  TestLake view(String resourceType, String json) {
    List<String> ofType = views.computeIfAbsent(resourceType, type -> new ArrayList<>());
    String name = ViewDefinition.parse(json, "test").name();
    ofType.removeIf(other -> ViewDefinition.parse(other, "test").name().equals(name));
    ofType.add(json);
    return this;
  }

  /** Defines a view of a type's keys, with the type's name in small letters. */
  TestLake viewOfKeys(String resourceType) {
    return view(
        resourceType,
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}
        """
            .formatted(resourceType.toLowerCase(Locale.ROOT), resourceType));
  }

  /** What somebody else does to a table, such as {@code silver/Patient}; %s stands for it. */
  void somebody(String table, String sql) {
    spark().sql(sql.formatted("delta.`" + root.resolve(table) + "`"));
  }

  /** How changes are written from here on; by itself all are merged, without deletion vectors. */
  TestLake writing(WriteSettings how) {
    writing = how;
    return this;
  }

  TransformResult transform() {
    return transform(Again.NOTHING);
  }

  TransformResult transform(Again again) {
    Map<String, TypeViews> compiled = new TreeMap<>();
    views.forEach(
        (type, jsons) ->
            compiled.put(
                type,
                TypeViews.of(
                    ViewCompiler.compile(
                        type, jsons.stream().map(j -> ViewDefinition.parse(j, "test")).toList()))));
    TransformSettings settings = new TransformSettings(root, 2, writing, Duration.ZERO);
    try {
      return new Tables(TestLake::spark, lake, settings, compiled, new MetricRegistry())
          .bringUpToDate(again, "etl/test");
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Silver as sorted lines: id, version, deleted, resource. */
  List<String> silver(String type) {
    return spark()
        .read()
        .format("delta")
        .load(lake.paths().silver(type).toString())
        .select("id", "version_id", "deleted", "resource")
        .collectAsList()
        .stream()
        .map(row -> row.mkString(" "))
        .sorted()
        .toList();
  }

  /** A view's rows as sorted lines, without _resource_id. */
  List<String> rows(String view) {
    return spark()
        .read()
        .format("delta")
        .load(lake.paths().view(view).toString())
        .drop("_resource_id")
        .collectAsList()
        .stream()
        .map(row -> row.mkString(" "))
        .sorted()
        .toList();
  }

  long silverVersion(String type) {
    return new DeltaFolder(lake, lake.paths().silver(type)).version().orElseThrow();
  }

  long viewVersion(String view) {
    return new DeltaFolder(lake, lake.paths().view(view)).version().orElseThrow();
  }

  /** Bronze files of an export, and then its landing. */
  final class Export {
    private final String id;
    private final Instant time;
    private final Map<String, List<Row>> rows = new TreeMap<>();
    private final List<Row> deletions = new ArrayList<>();
    private final List<Landing.File> files = new ArrayList<>();

    private Export(String id, Instant time) {
      this.id = id;
      this.time = time;
    }

    /** A resource that has its id only, as old as the export. */
    Export resource(String type, String id) {
      String json = "{\"resourceType\":\"%s\",\"id\":\"%s\"}".formatted(type, id);
      return resource(type, id, "1", time.toString(), json);
    }

    /** A resource; version and time may be null. */
    Export resource(String type, String id, String version, String updated, String json) {
      List<Row> ofType = rows.computeIfAbsent(type, t -> new ArrayList<>());
      ofType.add(row(id, version, updated, json, type + ".ndjson", ofType.size() + 1));
      return this;
    }

    /** A transaction Bundle with one DELETE entry an url. */
    Export delete(String... urls) {
      String entries =
          Stream.of(urls)
              .map(url -> "{\"request\":{\"method\":\"DELETE\",\"url\":\"" + url + "\"}}")
              .reduce((a, b) -> a + "," + b)
              .orElse("");
      return bundle(
          "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":[" + entries + "]}");
    }

    Export bundle(String json) {
      deletions.add(row(null, null, null, json, "deleted.ndjson", deletions.size() + 1));
      return this;
    }

    Landing land() {
      rows.forEach((type, list) -> files.add(write(type, list, Landing.Kind.RESOURCES)));
      if (!deletions.isEmpty()) {
        files.add(write("Bundle", deletions, Landing.Kind.DELETIONS));
      }
      Landing landing =
          new Landing(id, "group", time, null, time, "etl/run-" + id, List.copyOf(files));
      new Landings(lake).publish(landing);
      return landing;
    }

    private Row row(String id, String version, String updated, String json, String file, long at) {
      Timestamp time = updated == null ? null : Timestamp.from(Instant.parse(updated));
      return RowFactory.create(id, version, time, json, this.id, file, at);
    }

    private Landing.File write(String type, List<Row> list, Landing.Kind kind) {
      String name =
          "bronze/resource_type=" + type + "/extraction_date=2026-01-01/" + id + ".parquet";
      Path folder = root.resolve("part-" + id + "-" + type);
      Path file = root.resolve(name);
      spark()
          .createDataFrame(list, BRONZE)
          .coalesce(1)
          .write()
          .option("compression", "zstd")
          .parquet(folder.toUri().toString());
      try (Stream<Path> parts = Files.list(folder)) {
        Path part = parts.filter(p -> p.toString().endsWith(".parquet")).findFirst().orElseThrow();
        Files.createDirectories(file.getParent());
        Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
        return new Landing.File(type, name, list.size(), Files.size(file), kind);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
