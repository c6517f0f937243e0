package io.epicfhir.extract;

import io.epicfhir.common.Job;
import io.epicfhir.common.JobContext;
import io.epicfhir.common.JobRunner;
import io.epicfhir.common.LandedFile;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.RunLock;
import io.epicfhir.extract.bulk.AfterLanding;
import io.epicfhir.extract.bulk.BulkExport;
import io.epicfhir.extract.bulk.BulkFigures;
import io.epicfhir.extract.bulk.ExportFence;
import io.epicfhir.extract.bulk.ExportLedger;
import io.epicfhir.extract.bulk.LandGroup;
import io.epicfhir.extract.source.SourceClients;
import io.epicfhir.extract.source.Traffic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes finished exports into bronze, in Spark: downloads their files side by side, counts, judges,
 * and shows each export in one step. A rerun of the same run adopts what has landed.
 */
public final class Extract implements Job {
  /** See {@link io.epicfhir.common.JobArguments#USAGE}. */
  public static void main(String[] args) {
    System.exit(JobRunner.run(new Extract(), args));
  }

  @Override
  public String phase() {
    return "extract";
  }

  @Override
  public void run(JobContext context) {
    ExtractSettings settings = ExtractSettings.from(context.settings());
    List<String> exports = Exports.of(context, settings);
    BulkFigures figures = new BulkFigures(context);
    List<Landing> landings = new ArrayList<>();
    for (String export : exports) {
      landings.add(land(context, settings, export, figures));
    }
    ExportsReport.landed(context.recorder(), exports, landings);
  }

  @SuppressWarnings("try") // the lock is held, not used
  private static Landing land(
      JobContext context, ExtractSettings settings, String export, BulkFigures figures) {
    context.recorder().result("export_id", export);
    try (RunLock lock =
        RunLock.acquire(context.lake(), "export-" + export, settings.bulk().lockPatience())) {
      ExportLedger ledger = new ExportLedger(context.lake(), export);
      Optional<Landing> landed = sound(context, ledger, export);
      Landing landing = landed.orElseGet(() -> take(context, settings, ledger, export, figures));
      if (landed.isPresent()) {
        context.recorder().note("Export " + export + " has landed before; nothing was downloaded.");
      }
      new AfterLanding(context, settings.source(), ledger).run(landing);
      return landing;
    }
  }

  /** A landing counts only while its files are what it says; else the export is taken in anew. */
  private static Optional<Landing> sound(JobContext context, ExportLedger ledger, String export) {
    Landings landings = new Landings(context.lake());
    Optional<Landing> landed = landings.find(export);
    for (Landing.File file : landed.map(Landing::files).orElse(List.of())) {
      Optional<String> problem = LandedFile.problem(context.lake(), file);
      if (problem.isPresent()) {
        context
            .recorder()
            .note(
                "Bronze file "
                    + file.path()
                    + " is damaged ("
                    + problem.get()
                    + "): the landing was withdrawn, the export is landed again.");
        landings.withdraw(landed.get());
        ledger.forgetLanded();
        return Optional.empty();
      }
    }
    return landed;
  }

  private static Landing take(
      JobContext context,
      ExtractSettings settings,
      ExportLedger ledger,
      String export,
      BulkFigures figures) {
    Traffic traffic = new Traffic();
    try {
      BulkExport bulk =
          new BulkExport(
              settings.source(), SourceClients.of(context.arguments().settingsFile()), traffic);
      return new LandGroup(
              context, settings.source(), settings.bulk(), settings.bronze(), bulk, ledger, figures)
          .run(ExportFence.claim(context.lake(), export));
    } finally {
      traffic.sums().countIn(context.recorder().registry());
    }
  }
}
