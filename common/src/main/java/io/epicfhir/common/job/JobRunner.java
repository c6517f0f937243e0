package io.epicfhir.common.job;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.metrics.GraphiteFeed;
import io.epicfhir.common.metrics.MetricsSettings;
import io.epicfhir.common.metrics.PrometheusFile;
import io.epicfhir.common.report.RunRecorder;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.common.settings.SettingsFile;
import java.time.Instant;
import java.util.Optional;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a job as a process: arguments, settings, work, report, exit code. */
public final class JobRunner {
  private static final Logger LOG = LoggerFactory.getLogger(JobRunner.class);

  private JobRunner() {}

  /**
   * Runs the job and writes its report, whatever happens.
   *
   * @return the exit status of {@link ExitCode}
   */
  public static int run(Job job, String... args) {
    RunRecorder recorder = new RunRecorder(Instant.now());
    JobContext context;
    MetricsSettings metrics;
    try {
      JobArguments arguments = JobArguments.parse(args);
      SettingsFile settings = SettingsFile.load(arguments.settingsFile());
      metrics = MetricsSettings.from(settings);
      context = new JobContext(arguments, settings, recorder);
    } catch (JobException e) {
      return ended(e.exitCode(), Optional.of(e)).number();
    }
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> LOG.error("A thread died with {}", DefectTrace.inShort(e)));
    AuditLog.Task audited = AuditLog.Task.of(job, context);
    GraphiteFeed feed = GraphiteFeed.start(metrics.graphite(), recorder.registry(), context.run());
    Optional<Throwable> failure = work(job, context, feed, audited);
    ExitCode exitCode = failure.map(JobRunner::exitCode).orElse(ExitCode.DONE);
    if (exitCode == ExitCode.DEFECT) {
      DefectTrace.keep(failure.get(), context.lake(), context.run());
    }
    RunReport report =
        recorder.report(context.run(), job.phase(), context.settings().hash(), failure, exitCode);
    // Without its report a run cannot be judged, and without its audit record nobody knows who
    // moved the data: never green. What failed before says more.
    Optional<JobException> unaudited = failed(() -> audited.ended(report));
    RunReport judged = report;
    if (unaudited.isPresent() && failure.isEmpty()) {
      failure = Optional.of(unaudited.get());
      exitCode = unaudited.get().exitCode();
      judged =
          recorder.report(context.run(), job.phase(), context.settings().hash(), failure, exitCode);
    } else {
      unaudited.ifPresent(e -> LOG.error(e.getMessage()));
    }
    String text = Json.write(judged);
    Path place = context.lake().paths().report(context.run());
    Lake lake = context.lake();
    Optional<JobException> unwritten = failed(() -> lake.write(place, text));
    if (unwritten.isEmpty()) {
      failed(() -> job.reported(context)).ifPresent(e -> LOG.warn(e.getMessage()));
    }
    if (unwritten.isPresent() && failure.isEmpty()) {
      failure = Optional.of(unwritten.get());
      exitCode = unwritten.get().exitCode();
    } else {
      unwritten.ifPresent(e -> LOG.error(e.getMessage()));
    }
    if (metrics.prometheusFolder().isPresent()) {
      new PrometheusFile(metrics.prometheusFolder().get())
          .write(judged, recorder.registry(), exitCode);
    }
    return ended(exitCode, failure).number();
  }

  private static Optional<JobException> failed(Runnable step) {
    try {
      step.run();
      return Optional.empty();
    } catch (JobException e) {
      return Optional.of(e);
    }
  }

  private static Optional<Throwable> work(
      Job job, JobContext context, GraphiteFeed feed, AuditLog.Task audited) {
    try (context;
        feed) {
      audited.started();
      job.run(context);
      return Optional.empty();
    } catch (Exception | LinkageError | StackOverflowError | OutOfMemoryError | FSError e) {
      return Optional.of(named(e));
    }
  }

  /** A full disk is never a defect, no matter which part filled it. */
  private static Throwable named(Throwable failure) {
    return exitCode(failure) == ExitCode.DEFECT
        ? StorageFailure.ofDisk(failure).map(Throwable.class::cast).orElse(failure)
        : failure;
  }

  private static ExitCode exitCode(Throwable failure) {
    return JobException.in(failure).map(JobException::exitCode).orElse(ExitCode.DEFECT);
  }

  private static ExitCode ended(ExitCode exitCode, Optional<Throwable> failure) {
    failure.ifPresent(
        e -> {
          if (e instanceof JobException && exitCode != ExitCode.DEFECT) {
            LOG.error("{} (exit {} {})", e.getMessage(), exitCode.number(), exitCode);
          } else {
            LOG.error("The job failed (exit {} {})", exitCode.number(), exitCode);
          }
        });
    return exitCode;
  }
}
