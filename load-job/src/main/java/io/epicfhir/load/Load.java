package io.epicfhir.load;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.RowGroups;
import io.epicfhir.common.job.AuditLog;
import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.load.parquet.ParquetTarget;
import io.epicfhir.load.parquet.ParquetWarnings;
import io.epicfhir.load.postgres.PostgresTarget;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Retries;
import io.epicfhir.load.postgres.state.AuditCopy;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LakeName;
import io.epicfhir.load.spi.LakeTable;
import io.epicfhir.load.spi.LakeTables;
import io.epicfhir.load.spi.Target;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.sql.SparkSession;

/** Makes the analysts' tables what the view tables of the lake are. */
public final class Load implements Job {
  /** The mode of a run that has no page and no alerts, such as an erasure. */
  private static final String UNJUDGED = "unjudged";

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
    for (LakeTable.Kind kind : LakeTable.Kind.values()) { // whatever happens, none is loaded so far
      context.recorder().result(kind.result(), Map.of());
    }
    Retries retries = new Retries(settings.maxTries(), settings.retryPause(), Retries::sleep);
    LakeTables tables = LakeTables.of(context.lake(), context.recorder()::note);
    List<String> anew = anew(context.arguments().views(), tables.names());
    // Asked only where a table has news; and not before the database, which may be away.
    Supplier<SparkSession> spark = () -> spark(context);
    try (Target target = open(settings, context, retries, spark)) {
      Verification verification =
          new Verification(settings.verifyEvery(), context.arguments().verify());
      ViewLoads loads = new ViewLoads(context, verification, spark, target);
      try {
        loads.run(tables, anew);
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

  @Override
  public String destination(JobContext context) {
    try {
      LoadSettings settings = LoadSettings.from(context.settings());
      return settings.target() == LoadSettings.Kind.PARQUET
          ? settings.exportFolder()
          : settings.access().place() + " schema " + settings.schema();
    } catch (JobException e) {
      return ""; // the job says what is wrong with them
    }
  }

  /**
   * The lake's record of this load, and what came with it, goes into the database, too. Warnings of
   * a run that nobody judges wait there for one whose page has them; those of Parquet wait in the
   * export itself.
   */
  @Override
  public void recorded(JobContext context) {
    withCopy(
        context,
        (audit, connection) -> {
          audit.bringUpToDate(connection);
          if (!isJudged(context)) {
            audit.waiting(connection, warnings(context));
          }
        });
  }

  @Override
  public void reported(JobContext context) {
    List<String> told = warnings(context);
    if (!isJudged(context) || told.isEmpty()) {
      return;
    }
    LoadSettings settings = LoadSettings.from(context.settings());
    String run = context.run().key();
    switch (settings.target()) {
      case POSTGRESQL ->
          withCopy(context, (audit, connection) -> audit.reported(connection, run, told));
      case PARQUET -> ParquetWarnings.reported(settings, context.lake(), run, told);
    }
  }

  private static boolean isJudged(JobContext context) {
    return !context.arguments().mode().equals(UNJUDGED);
  }

  /** What is done with the copy of the audit log; nothing where there is none. */
  private interface OfCopy {
    void run(AuditCopy audit, Connection connection) throws SQLException;
  }

  private static void withCopy(JobContext context, OfCopy work) {
    LoadSettings settings = LoadSettings.from(context.settings());
    if (settings.target() != LoadSettings.Kind.POSTGRESQL) {
      return;
    }
    try (Connection connection = settings.access().connect(settings.lockPatience())) {
      work.run(audit(settings, context), connection);
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "copy the audit log").asJobException();
    } catch (PostgresFailure e) {
      throw e.asJobException();
    }
  }

  private static List<String> warnings(JobContext context) {
    Object warnings =
        context.recorder().results(Set.of(ViewLoads.WARNINGS)).get(ViewLoads.WARNINGS);
    return warnings instanceof List<?> sentences
        ? sentences.stream().map(String::valueOf).toList()
        : List.of();
  }

  private static AuditCopy audit(LoadSettings settings, JobContext context) {
    return new AuditCopy(
        new LoadState(settings.stateSchema(), settings.schema()),
        new AuditLog(context.lake()),
        LakeName.of(context.lake()),
        settings.movedFrom());
  }

  /** The tables to replace whatever is there; asked for by hand, when one is in doubt. */
  private static List<String> anew(List<String> asked, List<String> known) {
    List<String> strange = asked.stream().filter(name -> !known.contains(name)).toList();
    if (!strange.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot reload the table %s: the lake has no such table; use one of %s"
              .formatted(String.join(", ", strange), String.join(", ", known)));
    }
    return asked;
  }

  private static SparkSession spark(JobContext context) {
    SparkSession spark = context.spark();
    // For tables that only Delta's own reader can read: 50 partitions of its log suit millions of
    // files.
    spark.conf().set("spark.databricks.delta.snapshotPartitions", "1");
    // Connections that copy get row groups to share out, not files of any size; packed, a row group
    // has half its bytes or fewer.
    spark.conf().set("spark.sql.files.maxPartitionBytes", RowGroups.BYTES / 2);
    return spark;
  }

  private static Target open(
      LoadSettings settings, JobContext context, Retries retries, Supplier<SparkSession> spark) {
    return switch (settings.target()) {
      case POSTGRESQL ->
          PostgresTarget.open(
              settings,
              audit(settings, context),
              context.run().key(),
              retries,
              context.recorder()::note);
      case PARQUET ->
          ParquetTarget.open(
              settings, context.lake(), context.run().key(), spark, context.recorder()::note);
    };
  }
}
