package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.RowGroups;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/** Makes the analysts' tables what the view tables of the lake are. */
public final class Load implements Job {
  /** The process: {@code --conf FILE --dag ID --run ID --task ID ...}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Load(), args));
  }

  @Override
  public String phase() {
    return "load";
  }

  @Override
  public void run(JobContext context) {
    LoadSettings settings = LoadSettings.from(context.settings());
    context.recorder().result("tables", Map.of()); // whatever happens, none is loaded so far
    Retries retries = new Retries(settings.maxTries(), settings.retryPause(), Retries::sleep);
    var names = LakeViews.names(context.lake(), context.recorder()::note);
    List<String> anew = anew(context.arguments().views(), names);
    // Asked only where a table has news; and not before the database, which may be away.
    Supplier<SparkSession> spark = () -> spark(context);
    try (Target target = open(settings, context, retries, spark)) {
      Verification verification =
          new Verification(settings.verifyEvery(), context.arguments().verify());
      ViewLoads loads = new ViewLoads(context, verification, spark, target);
      try {
        loads.run(names, anew);
      } catch (JobException e) {
        // A table that could not be loaded keeps its last rows, and the others are new.
        if (target.answers()) {
          check(settings.quality(), target, context);
        }
        throw e;
      }
      check(settings.quality(), target, context);
    }
  }

  private static void check(QualitySettings quality, Target target, JobContext context) {
    if (quality.enabled()) {
      context.recorder().result("quality", target.quality(quality));
    }
  }

  /** The tables to replace whatever is there; asked for by hand, when one is in doubt. */
  private static List<String> anew(List<String> asked, List<String> known) {
    List<String> strange = asked.stream().filter(name -> !known.contains(name)).toList();
    if (!strange.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot load anew the view %s: the lake has the tables %s"
              .formatted(String.join(", ", strange), String.join(", ", known)));
    }
    return asked;
  }

  private static SparkSession spark(JobContext context) {
    SparkSession spark = context.spark();
    // For tables that only Delta's own reader can read: 50 partitions of its log suit millions of
    // files.
    spark.conf().set("spark.databricks.delta.snapshotPartitions", "1");
    // Connections that copy get row groups to share out, not files of any size.
    spark.conf().set("spark.sql.files.maxPartitionBytes", RowGroups.BYTES);
    return spark;
  }

  private static Target open(
      LoadSettings settings, JobContext context, Retries retries, Supplier<SparkSession> spark) {
    return switch (settings.target()) {
      case POSTGRESQL ->
          PostgresTarget.open(
              settings,
              LakeName.of(context.lake()),
              context.run().key(),
              retries,
              context.recorder()::note);
      case PARQUET -> ParquetTarget.open(settings, context.lake(), context.run().key(), spark);
    };
  }
}
