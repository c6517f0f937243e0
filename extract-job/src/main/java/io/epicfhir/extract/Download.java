package io.epicfhir.extract;

import io.epicfhir.common.JobContext;
import io.epicfhir.common.Json;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.SerializableConfiguration;

/** Runs a Spark task for each bin of the manifest's files. */
final class Download {
  private final JobContext context;
  private final ExtractSettings settings;
  private final Path settingsFile;

  Download(JobContext context, ExtractSettings settings, Path settingsFile) {
    this.context = context;
    this.settings = settings;
    this.settingsFile = settingsFile.toAbsolutePath();
  }

  List<BinResult> run(Manifest manifest, String exportId, org.apache.hadoop.fs.Path staging) {
    if (manifest.files().isEmpty()) {
      return List.of();
    }
    SparkSession spark = context.spark();
    List<Bin> bins = Bin.plan(manifest.files(), spark.sparkContext().defaultParallelism());
    BinTask task =
        new BinTask(
            bins,
            new BinTask.Target(
                settingsFile.toString(),
                exportId,
                staging.toUri().toString(),
                manifest.tokenForFiles(),
                settings.bronze().targetFileSize(),
                settings.bronze().maxLineSize()),
            new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
    spark.sparkContext().setJobGroup("extract", "Download export " + exportId, true);
    // A range with as many partitions as rows: one task for each bin, and no file name in a plan.
    Dataset<Long> numbers = spark.range(0, bins.size(), 1, bins.size());
    List<String> results = numbers.mapPartitions(task, Encoders.STRING()).collectAsList();
    spark.sparkContext().clearJobGroup();
    return results.stream()
        .map(text -> Json.read(text, BinResult.class, "a task's result"))
        .toList();
  }
}
