package io.epicfhir.transform;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.get_json_object;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.xxhash64;

import io.epicfhir.common.RowGroups;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.transform.views.LocalSpark;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Fills a lake's bronze from a folder of NDJSON files, one a type, and lands it as one export: what
 * benchmarks of the tables start from.
 */
final class LakeFill {
  private static final long ROWS_A_FILE = 1_000_000;

  private final SparkSession spark;
  private final Path root;
  private final String export;
  private final int oneOf;
  private final boolean changed;

  private LakeFill(SparkSession spark, Path root, String export, int oneOf, boolean changed) {
    this.spark = spark;
    this.root = root;
    this.export = export;
    this.oneOf = oneOf;
    this.changed = changed;
  }

  /**
   * Arguments: the folder of NDJSON, the lake, the export's id and its time, N to take one resource
   * of N (by its id, the same ones each time), and "changed" to take them with other content.
   * Prints how many resources were landed.
   */
  public static void main(String[] args) throws IOException {
    Path root = Path.of(args[1]).toAbsolutePath();
    try (SparkSession spark = LocalSpark.session().getOrCreate()) {
      LakeFill fill =
          new LakeFill(
              spark,
              root,
              args[2],
              Integer.parseInt(args[4]),
              args.length > 5 && args[5].equals("changed"));
      List<Landing.File> files = fill.files(Path.of(args[0]));
      Instant time = Instant.parse(args[3]);
      Lake lake = new Lake(new LakePaths(root.toUri().toString()), new Configuration());
      new Landings(lake)
          .publish(new Landing(args[2], "all", time, null, time, "etl/" + args[2], files));
      System.out.println(files.stream().mapToLong(Landing.File::rows).sum());
    }
  }

  private List<Landing.File> files(Path ndjson) throws IOException {
    List<Landing.File> landed = new ArrayList<>();
    try (Stream<Path> files = Files.list(ndjson)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).sorted().toList()) {
        landed.addAll(write(file));
      }
    }
    return landed;
  }

  private List<Landing.File> write(Path file) throws IOException {
    String type = file.getFileName().toString().replace(".ndjson", "");
    String folder = "bronze/resource_type=" + type + "/extraction_date=2026-01-01/" + export;
    Path out = root.resolve(folder);
    rows(spark.read().text(file.toUri().toString()), file.getFileName().toString())
        .write()
        .option("compression", "zstd")
        .option(RowGroups.KEY, RowGroups.BYTES)
        .option("maxRecordsPerFile", ROWS_A_FILE)
        .parquet(out.toUri().toString());
    List<Landing.File> landed = new ArrayList<>();
    Lake lake = new Lake(new LakePaths(root.toUri().toString()), new Configuration());
    for (FileStatus part : lake.list(lake.paths().at(folder))) {
      String name = part.getPath().getName();
      if (name.endsWith(".parquet")) {
        String path = part.getPath().toString();
        long rows = spark.read().parquet(path).count();
        if (rows > 0) {
          landed.add(
              new Landing.File(
                  type, folder + "/" + name, rows, part.getLen(), Landing.Kind.RESOURCES));
        }
      }
    }
    return landed;
  }

  private Dataset<Row> rows(Dataset<Row> lines, String file) {
    Column text = col("value");
    // Most types have a status, which their tables show.
    Column other =
        regexp_replace(
            concat(lit("{\"language\":\"en\","), expr("substring(value, 2)")),
            lit("\"status\":\"[a-z-]+\""),
            lit("\"status\":\"unknown\""));
    return lines
        .coalesce(1) // files of 128 MB hold this many rows easily: zstd makes 4 % of NDJSON
        .withColumn("id", get_json_object(text, "$.id"))
        .where(pmod(xxhash64(col("id")), lit(oneOf)).equalTo(0))
        .select(
            col("id"),
            get_json_object(text, "$.meta.versionId").as("version_id"),
            expr("cast(null as timestamp)").as("last_updated"),
            (changed ? other : text).as("resource"),
            lit(export).as("export_id"),
            lit(file).as("source_file"),
            monotonically_increasing_id().as("source_line"));
  }
}
