package io.epicfhir.extract.bulk.judgement;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.extract.bulk.ledger.ExportLedger;
import io.epicfhir.extract.bulk.ledger.GroupPatients;
import io.epicfhir.extract.bulk.manifest.Manifest;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.crawl.references.HydrationCounts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a person should hear about the exports that a run landed: {@code warnings}, {@code
 * newcomers}, {@code full_sweep} and {@code since_ignored} of the run report's result.
 */
public final class LandingReport {
  private final JobContext context;
  private final BulkSettings settings;

  /** Of a run. */
  public LandingReport(JobContext context, BulkSettings settings) {
    this.context = context;
    this.settings = settings;
  }

  /** Reports it; a landing that another run made was reported there. */
  public void tell(List<Landing> landings) {
    List<Landing> all = new Landings(context.lake()).all();
    List<String> warnings = new ArrayList<>();
    int newcomers = 0;
    boolean sweep = false;
    boolean ignored = false;
    for (Landing landing : landings) {
      ExportLedger ledger = new ExportLedger(context.lake(), landing.exportId());
      if (!landing.runKey().equals(context.run().key()) || ledger.started().isEmpty()) {
        continue;
      }
      Expectations expected =
          new Expectations(
              landing, ledger.requireStarted().asked().types(), all, this::byReference);
      warnings.addAll(expected.warnings());
      if (landing.since() != null && !expected.sinceIgnored() && !listsDeletions(landing, all)) {
        warnings.add(
            "Group \""
                + landing.group()
                + "\": no export has contained a list of deletions (deleted files) yet, so deleted resources may"
                + " stay in the tables until the next full export. If the server never sends such lists,"
                + " set bulk.mode = full, or a shorter bulk.full-every.");
      }
      sweep |= expected.isSweep();
      ignored |= expected.sinceIgnored();
      newcomers += newcomers(ledger, landing, warnings);
      new DeletionsUnknown(context.lake(), settings, ledger).warnings(landing, warnings::add);
    }
    context.recorder().result("full_sweep", sweep);
    context.recorder().result("since_ignored", ignored);
    context.recorder().result("newcomers", newcomers);
    context.recorder().result("warnings", warnings);
    warnings.forEach(context.recorder()::note);
  }

  /** Whether this export of the group or one before it came with a list of deletions. */
  private boolean listsDeletions(Landing landing, List<Landing> all) {
    return all.stream()
        .filter(other -> other.group().equals(landing.group()))
        .map(other -> new ExportLedger(context.lake(), other.exportId()).manifest())
        .flatMap(Optional::stream)
        .anyMatch(Manifest::listsDeletions);
  }

  private Map<String, Long> byReference(Landing landing) {
    return new ExportLedger(context.lake(), landing.exportId())
        .references()
        .map(HydrationCounts::written)
        .orElse(Map.of());
  }

  private int newcomers(ExportLedger ledger, Landing landing, List<String> warnings) {
    if (landing.since() == null) {
      return 0; // their past came
    }
    GroupPatients group = new GroupPatients(context.lake(), landing.group());
    if (settings.coverage().newcomers() != BulkCoverage.Newcomers.OFF && group.known().isEmpty()) {
      warnings.add(
          "Group \""
              + landing.group()
              + "\": it is not known which patients earlier exports contained, so patients who joined the"
              + " group cannot be noticed until a full export has landed. If none lists them, let the"
              + " client read the Group, or add Patient to bulk.types.");
    }
    int byMembers = ledger.members().map(ExportLedger.Members::newcomers).orElse(0);
    int byExport = group.joined().map(GroupPatients.Joined::patients).orElse(0);
    int newcomers = Math.max(byMembers, byExport);
    if (newcomers > 0) {
      boolean full = settings.coverage().newcomers() == BulkCoverage.Newcomers.FULL;
      warnings.add(
          "Group \""
              + landing.group()
              + "\": "
              + newcomers
              + " patients joined, and this export contains only their recent changes. "
              + (full
                  ? "The next export is a full export, which brings their earlier records."
                  : "The next full export brings their earlier records: see bulk.full-every, or set"
                      + " bulk.newcomers = full."));
    }
    return newcomers;
  }
}
