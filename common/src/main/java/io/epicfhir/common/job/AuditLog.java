package io.epicfhir.common.job;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.report.RunReport;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who did what with patient data: two records a task, one before its work and one after it, in the
 * lake's folder {@code audit}, never replaced. Each holds the hash of the one before it, so that a
 * record that was changed, removed or put in between shows; {@code python -m epic_fhir.audit}
 * checks it. The newest hash goes to the task's log, and the load keeps a copy of all records in
 * PostgreSQL: by either a chain that was cut off at its end shows, too.
 */
public final class AuditLog {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Pattern NAME = Pattern.compile("\\d{10}\\.json");
  private static final String FIRST = "0".repeat(64);

  private final Lake lake;

  /** Of a lake. */
  public AuditLog(Lake lake) {
    this.lake = lake;
  }

  /**
   * A record as it lies in the lake.
   *
   * @param number from 1 on, without gaps
   * @param sha256 of the text, in hexadecimal digits
   * @param text JSON, an {@link AuditEntry}
   */
  public record Kept(long number, String sha256, String text) {}

  /** The records of one task. */
  static final class Task {
    private final Job job;
    private final JobContext context;

    private Task(Job job, JobContext context) {
      this.job = job;
      this.context = context;
    }

    static Task of(Job job, JobContext context) {
      return new Task(job, context);
    }

    /** Without this record no data moves: a process that is killed leaves no other. */
    void started() {
      if (job.audited()) {
        add(
            context
                .recorder()
                .report(
                    context.run(),
                    job.phase(),
                    context.settings().hash(),
                    Optional.empty(),
                    ExitCode.DONE),
            AuditEntry.STARTED);
      }
    }

    /** What it did. */
    void ended(RunReport report) {
      if (job.audited()) {
        add(report, report.run().status());
        job.recorded(context);
      }
    }

    private void add(RunReport report, String status) {
      new AuditLog(context.lake())
          .add(AuditEntry.of(report, status, context, job.destination(context)));
    }
  }

  /**
   * Adds a record.
   *
   * @param entry its number and the hash before it are set here
   * @throws JobException {@link ExitCode#STORAGE} where it cannot be written
   */
  @SuppressWarnings("try") // the lock is held, not used
  private void add(AuditEntry entry) {
    try (RunLock lock = RunLock.acquire(lake, "audit", PATIENCE)) {
      List<Path> files = files();
      Optional<Path> newest =
          files.isEmpty() ? Optional.empty() : Optional.of(files.get(files.size() - 1));
      long number = newest.map(file -> number(file) + 1).orElse(1L);
      String previous = newest.map(file -> Sha256.hex(text(file))).orElse(FIRST);
      String text = Json.write(entry.at(number, previous));
      lake.write(file(number), text);
      LOG.info("Audit record {}: SHA-256 {}", number, Sha256.hex(text));
    }
  }

  /** A record, or empty where there is none of that number. */
  public Optional<Kept> record(long number) {
    return lake.read(file(number)).map(text -> kept(number, text));
  }

  private static Kept kept(long number, String text) {
    return new Kept(number, Sha256.hex(text), text);
  }

  /**
   * The records behind one, in their order.
   *
   * @param number of the one before; 0 for all
   */
  public List<Kept> after(long number) {
    return files().stream()
        .filter(file -> number(file) > number)
        .map(file -> kept(number(file), text(file)))
        .toList();
  }

  private List<Path> files() {
    return lake.list(lake.paths().at("audit")).stream()
        .map(FileStatus::getPath)
        .filter(file -> NAME.matcher(file.getName()).matches())
        .toList();
  }

  private Path file(long number) {
    return lake.paths().at("audit/%010d.json".formatted(number));
  }

  private static long number(Path file) {
    return Long.parseLong(file.getName().replace(".json", ""));
  }

  private String text(Path file) {
    return lake.read(file)
        .orElseThrow(
            () ->
                new JobException(
                    ExitCode.STORAGE,
                    "Cannot read the audit record "
                        + file
                        + "; check that the lake exists and rerun"));
  }
}
