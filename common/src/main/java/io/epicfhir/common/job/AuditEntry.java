package io.epicfhir.common.job;

import io.epicfhir.common.report.RunReport;
import io.epicfhir.common.settings.SettingsFile;
import java.net.URI;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * A record of the audit log. It holds counts and no ids.
 *
 * @param number from 1 on, without gaps
 * @param previous SHA-256 of the record before, as it lies in its file; zeros in the first
 * @param status {@value #STARTED}, or how the task ended
 * @param exitCode null where the task has only started
 * @param principal the user of the operating system
 * @param triggeredBy the user of the scheduler who started the run, or how it was started
 * @param purpose why, by the settings
 * @param reason why, in the words of the person who asked for this run; empty where nobody did
 * @param source the server whose data it is: scheme, host and port
 * @param destination where the data goes: a lake, a database's schema or a folder
 * @param resources counts by resource type
 * @param patients how many, where the phase knows
 */
record AuditEntry(
    long number,
    String previous,
    Instant at,
    String phase,
    String status,
    Integer exitCode,
    String dagId,
    String runId,
    String taskId,
    int tryNumber,
    String principal,
    String host,
    String triggeredBy,
    String purpose,
    String reason,
    String source,
    String destination,
    String settingsHash,
    String codeVersion,
    Map<String, RunReport.Resources> resources,
    Long patients) {
  /** The status of a task that has not ended. */
  static final String STARTED = "started";

  /** What a report says, without a place in the chain. */
  static AuditEntry of(RunReport report, String status, JobContext context, String destination) {
    RunReport.Run run = report.run();
    SettingsFile settings = context.settings();
    return new AuditEntry(
        0,
        "",
        run.end(),
        run.phase(),
        status,
        status.equals(STARTED) ? null : (Integer) run.exitCode(),
        run.dagId(),
        run.runId(),
        run.taskId(),
        run.tryNumber(),
        System.getProperty("user.name"),
        run.host(),
        Optional.ofNullable(System.getenv("EPIC_FHIR_RUN_BY"))
            .filter(who -> !who.isBlank())
            .orElse("unknown"),
        text(settings, "audit", "purpose").orElse(""),
        context.arguments().reason(),
        text(settings, "source", "base-url").map(AuditEntry::origin).orElse(""),
        destination,
        run.settingsHash(),
        run.codeVersion(),
        report.resources(),
        report.patients() == null ? null : (Long) report.patients().count());
  }

  /** The same as a link of the chain. */
  AuditEntry at(long place, String hashBefore) {
    return new AuditEntry(
        place,
        hashBefore,
        at,
        phase,
        status,
        exitCode,
        dagId,
        runId,
        taskId,
        tryNumber,
        principal,
        host,
        triggeredBy,
        purpose,
        reason,
        source,
        destination,
        settingsHash,
        codeVersion,
        resources,
        patients);
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
}
