package io.epicfhir.extract.bulk.files;

import io.epicfhir.common.Json;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.manifest.RemoteFile;
import io.epicfhir.extract.crawl.references.ReferenceFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/** Runs a Spark task for each bin of the manifest's files. */
public final class Download {
  private final JobContext context;
  private final BronzeSettings settings;
  private final ReferenceFinder finder;
  private final Path settingsFile;

  /**
   * @param finder notes what the files refer to
   */
  public Download(JobContext context, BronzeSettings settings, ReferenceFinder finder) {
    this.context = context;
    this.settings = settings;
    this.finder = finder;
    this.settingsFile = Path.of(context.arguments().settingsFile()).toAbsolutePath();
  }

  /**
   * Takes the files in, side by side.
   *
   * @param files of the manifest, which are not there yet
   * @param staging where to
   */
  public List<BinResult> run(
      List<RemoteFile> files,
      Manifest manifest,
      String exportId,
      org.apache.hadoop.fs.Path staging) {
    if (files.isEmpty()) {
      return List.of();
    }
    SparkContext sc = context.spark().sparkContext();
    List<Bin> bins = Bin.plan(files, sc.defaultParallelism());
    BinTask task =
        new BinTask(
            bins,
            finder,
            new BinTask.Target(
                settingsFile.toString(),
                exportId,
                context.lake().paths().root(),
                staging.toString(),
                manifest.transactionTime(),
                manifest.fileToken(),
                settings.targetFileSize(),
                settings.maxLineSize(),
                executors(sc)),
            new SerializableConfiguration(sc.hadoopConfiguration()));
    sc.setJobGroup("extract", "Download export " + exportId, true);
    // An RDD with a task for each bin: there is no table here that a query plan could help.
    List<Integer> numbers = IntStream.range(0, bins.size()).boxed().toList();
    List<String> results =
        JavaSparkContext.fromSparkContext(sc).parallelize(numbers, bins.size()).map(task).collect();
    sc.clearJobGroup();
    return results.stream()
        .map(text -> Json.read(text, BinResult.class, "a task's result"))
        .toList();
  }

  /** JVMs that tasks may run in: what the source allows is shared among them. */
  private static int executors(SparkContext sc) {
    int known = sc.getExecutorMemoryStatus().size() - 1; // the driver is counted with them
    int wanted = sc.getConf().getInt("spark.executor.instances", 1);
    int most = sc.getConf().getInt("spark.dynamicAllocation.maxExecutors", 1);
    return sc.isLocal() ? 1 : Math.max(known, Math.max(wanted, most));
  }
}
