package io.epicfhir.common.metrics;

import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A task's figures as a file for the node exporter's textfile collector, one for each DAG and task:
 * the last run's. A folder that cannot be written costs a warning, never the job.
 */
public final class PrometheusFile {
  private static final Logger LOG = LoggerFactory.getLogger(PrometheusFile.class);

  private final Path folder;

  public PrometheusFile(Path folder) {
    this.folder = folder;
  }

  /**
   * Replaces the file in one step.
   *
   * @param exitCode how the process ends
   */
  public void write(RunReport report, MetricRegistry registry, ExitCode exitCode) {
    Path file = folder.resolve(name(report.run()));
    // The collector reads what ends in .prom, and runs as somebody else.
    Path part = folder.resolve("." + file.getFileName() + "." + UUID.randomUUID());
    try {
      try {
        Files.writeString(part, PrometheusText.of(report, registry, exitCode));
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      LOG.warn(
          "Cannot write the run's metrics to {}: {}; check metrics.prometheus-folder",
          file,
          e.getClass().getSimpleName());
    }
  }

  private static String name(RunReport.Run run) {
    String task = run.dagId() + "_" + run.taskId();
    return "epic_fhir_" + PrometheusText.sanitized(task) + ".prom";
  }
}
