package io.epicfhir.common;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did what with patient data: one record a task, in the lake's folder {@code audit}, never
 * replaced. Each holds the hash of the one before it, so that a record that was changed, removed or
 * put in between shows; {@code python -m epic_fhir.audit} checks it. The newest hash goes to the
 * task's log, which somebody else keeps: by it a chain that was cut off at its end shows, too.
 */
final class AuditLog {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String FIRST = "0".repeat(64);

  private final Lake lake;

  /**
   * A record. It holds counts and no ids.
   *
   * @param number from 1 on, without gaps
   * @param previous SHA-256 of the record before, as it lies in its file; zeros in the first
   * @param principal the user of the operating system
   * @param triggeredBy the user of the scheduler who started the run, or how it was started
   * @param purpose why, by the settings
   * @param source the server whose data it is: scheme, host and port
   * @param resources counts by resource type
   * @param patients how many, where the phase knows
   */
  record Entry(
      long number,
      String previous,
      Instant at,
      String phase,
      String status,
      int exitCode,
      String dagId,
      String runId,
      String taskId,
      int tryNumber,
      String principal,
      String host,
      String triggeredBy,
      String purpose,
      String source,
      String settingsHash,
      String codeVersion,
      Map<String, RunReport.Resources> resources,
      Long patients) {}

  AuditLog(Lake lake) {
    this.lake = lake;
  }

  /**
   * Adds the record of a task.
   *
   * @param runBy who started the run; may be empty
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be written
   */
  @SuppressWarnings("try") // the lock is held, not used
  void add(RunReport report, SettingsFile settings, Optional<String> runBy) {
    try (RunLock lock = RunLock.acquire(lake, "audit", PATIENCE)) {
      Optional<FileStatus> newest = newest();
      long number = newest.map(file -> number(file) + 1).orElse(1L);
      String previous = newest.map(file -> Sha256.hex(text(file.getPath()))).orElse(FIRST);
      String text = Json.write(entry(number, previous, report, settings, runBy));
      lake.write(lake.paths().at("audit/%010d.json".formatted(number)), text);
      LOG.info("Audit record {}: SHA-256 {}", number, Sha256.hex(text));
    }
  }

  private static Entry entry(
      long number,
      String previous,
      RunReport report,
      SettingsFile settings,
      Optional<String> runBy) {
    RunReport.Run run = report.run();
    return new Entry(
        number,
        previous,
        run.end(),
        run.phase(),
        run.status(),
        run.exitCode(),
        run.dagId(),
        run.runId(),
        run.taskId(),
        run.tryNumber(),
        System.getProperty("user.name"),
        run.host(),
        runBy.filter(who -> !who.isBlank()).orElse("unknown"),
        text(settings, "audit", "purpose").orElse(""),
        text(settings, "source", "base-url").map(AuditLog::origin).orElse(""),
        run.settingsHash(),
        run.codeVersion(),
        report.resources(),
        report.patients() == null ? null : (Long) report.patients().count());
  }

  private static Optional<String> text(SettingsFile settings, String block, String key) {
    return settings.reader(block).optionalText(key);
  }

  private static String origin(String url) {
    try {
      URI uri = URI.create(url);
      return uri.getScheme()
          + "://"
          + String.valueOf(uri.getRawAuthority()).replaceFirst(".*@", "");
    } catch (IllegalArgumentException e) {
      return ""; // the job that uses it says what is wrong
    }
  }

  private Optional<FileStatus> newest() {
    List<FileStatus> records =
        lake.list(lake.paths().at("audit")).stream()
            .filter(file -> file.getPath().getName().matches("\\d{10}\\.json"))
            .toList();
    return records.isEmpty() ? Optional.empty() : Optional.of(records.get(records.size() - 1));
  }

  private static long number(FileStatus file) {
    return Long.parseLong(file.getPath().getName().replace(".json", ""));
  }

  private String text(Path file) {
    return lake.read(file)
        .orElseThrow(
            () ->
                new JobException(
                    ExitCode.STORAGE,
                    "Cannot read the audit record "
                        + file
                        + "; check that the lake is there and rerun"));
  }
}
