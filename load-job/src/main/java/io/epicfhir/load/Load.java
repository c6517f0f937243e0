package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.RowGroups;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes the analysts' tables what the view tables of the lake are. */
public final class Load implements Job {
  private static final Logger LOG = LoggerFactory.getLogger(Load.class);

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
    Retries retries = new Retries(settings.maxTries(), settings.retryPause(), Retries::sleep);
    var names = LakeViews.names(context.lake(), context.recorder()::note);
    List<String> anew = anew(context.arguments().views(), names);
    Map<String, Map<String, Object>> tables = new LinkedHashMap<>();
    // Asked only where a table has news; and not before the database, which may be away.
    Supplier<SparkSession> spark = () -> spark(context);
    try (Target target = open(settings, context, retries)) {
      List<TableShape> shapes = new ArrayList<>();
      for (String name : names) {
        ViewSnapshot view = ViewSnapshot.current(context.lake(), name);
        tables.put(name, new ViewLoad(context, spark, view, target).run(anew.contains(name)));
        shapes.add(view.shape());
        LOG.info("{} of {} views: {} {}", tables.size(), names.size(), name, tables.get(name));
      }
      target.facts(shapes).forEach((name, facts) -> tables.get(name).putAll(facts));
    } finally {
      context.recorder().result("tables", tables);
    }
  }

  /** The tables to replace whatever stands there; asked for by hand, when one is in doubt. */
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

  private static Target open(LoadSettings settings, JobContext context, Retries retries) {
    return switch (settings.target()) {
      case POSTGRESQL ->
          PostgresTarget.open(settings, context.run().key(), retries, context.recorder()::note);
      case PARQUET -> ParquetTarget.open(settings, context.lake(), context.spark());
    };
  }
}
