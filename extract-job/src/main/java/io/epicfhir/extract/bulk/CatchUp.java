package io.epicfhir.extract.bulk;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finishes landings whose task died right after they showed. Without this, nobody would note which
 * patients such an export had, and the next run would take those who had just joined for strangers.
 */
public final class CatchUp {
  private final JobContext context;
  private final BulkSettings settings;
  private final SourceSettings source;

  /** Of a run. */
  public CatchUp(JobContext context, BulkSettings settings, SourceSettings source) {
    this.context = context;
    this.settings = settings;
    this.source = source;
  }

  /** Finishes the group's newest landings, the oldest of them first. */
  public void run(String group) {
    unfinished(group).forEach(this::finish);
  }

  /** A later one that is finished has replaced what an older one would note. */
  private List<Landing> unfinished(String group) {
    List<Landing> newestFirst =
        new Landings(context.lake())
            .all().stream()
                .filter(landing -> landing.group().equals(group))
                .sorted(Comparator.comparing(CatchUp::landedAt).reversed())
                .toList();
    List<Landing> unfinished = new ArrayList<>();
    for (Landing landing : newestFirst) {
      if (!isOpen(landing)) {
        break;
      }
      unfinished.add(0, landing);
    }
    return unfinished;
  }

  /** Landings of old releases do not tell. */
  private static Instant landedAt(Landing landing) {
    return Optional.ofNullable(landing.landedAt()).orElse(Instant.EPOCH);
  }

  private boolean isOpen(Landing landing) {
    ExportLedger ledger = ledger(landing);
    return ledger.started().isPresent() && ledger.landed().isEmpty();
  }

  @SuppressWarnings("try") // the lock is held, not used
  private void finish(Landing landing) {
    String name = "export-" + landing.exportId();
    try (RunLock lock = RunLock.acquire(context.lake(), name, settings.lockPatience())) {
      if (!isOpen(landing)) {
        return; // its own task was still at work
      }
      Optional<String> damage = damage(landing);
      if (damage.isPresent()) {
        context.recorder().note(damage.get());
        return;
      }
      finish(ledger(landing), landing);
    }
    context
        .recorder()
        .note(
            "The task that landed export "
                + landing.exportId()
                + " stopped before it had noted the export's patients; this run has noted them.");
  }

  /** What is damaged is for its own run's extract, which lands it again; the server keeps it. */
  private Optional<String> damage(Landing landing) {
    for (Landing.File file : landing.files()) {
      Optional<String> problem =
          file.resourceType().equals(LandedPatients.PATIENT)
              ? LandedFile.anyProblem(context.lake(), file)
              : LandedFile.problem(context.lake(), file);
      if (problem.isPresent()) {
        return Optional.of(
            "The task that landed export "
                + landing.exportId()
                + " stopped before it had noted the export's patients, and bronze file "
                + file.path()
                + " is damaged ("
                + problem.get()
                + "). Clear the task extract of run "
                + landing.runKey()
                + ", which lands the export again.");
      }
    }
    return Optional.empty();
  }

  /** All that is left to do for a landing; all of it may be done again. */
  public void finish(ExportLedger ledger, Landing landing) {
    new LandedPatients(context, settings).note(ledger, landing);
    new AfterLanding(context, source, ledger).run(landing);
  }

  private ExportLedger ledger(Landing landing) {
    return new ExportLedger(context.lake(), landing.exportId());
  }
}
