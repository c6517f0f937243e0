package io.epicfhir.extract;

import io.epicfhir.common.job.Job;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.extract.bulk.ledger.ExportFence;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.request.Traffic;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Takes finished exports into bronze, in Spark: downloads their files side by side, counts, judges,
 * and shows each export in one step. A rerun of the same run adopts what has landed.
 */
public final class Extract implements Job {
  /** See {@link io.epicfhir.common.job.JobArguments#USAGE}. */
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
    Traffic traffic = new Traffic();
    List<Landing> landings = new ArrayList<>();
    Set<String> before = new TreeSet<>();
    GroupFailures failures = new GroupFailures(context.recorder());
    Taking taking =
        settings.by() == ExtractSettings.By.CRAWL
            ? new CrawlTaking(context, settings, traffic)
            : new BulkTaking(context, settings, traffic);
    Duration patience = settings.bulk().lockPatience();
    try {
      for (String export : exports) {
        failures.guard(
            () -> ExportsReport.group(context, exports, export),
            () -> landings.add(land(context, taking, patience, export, before)));
      }
    } finally {
      context.recorder().result("landed_before", List.copyOf(before));
      traffic.sums().countIn(context.recorder().registry());
    }
    if (settings.by() == ExtractSettings.By.BULK) {
      ExportsReport.givenUp(context, exports);
    }
    if (landings.isEmpty()) {
      failures.raise(context.arguments());
    }
    // A crawl that a later one has superseded ends as the later one.
    List<String> landed = landings.stream().map(Landing::exportId).toList();
    ExportsReport.landed(context.recorder(), landed, landings);
    if (landings.size() == exports.size()) {
      context.recorder().result("state", "landed");
    }
    failures.guard(() -> taking.conclude(landings));
    failures.raise(context.arguments());
  }

  /**
   * Lands one.
   *
   * @param before gets those of which this try counts nothing, because another one landed them
   */
  @SuppressWarnings("try") // the lock is held, not used
  private static Landing land(
      JobContext context, Taking taking, Duration patience, String export, Set<String> before) {
    context.recorder().result("export_id", export);
    try (RunLock lock = RunLock.acquire(context.lake(), "export-" + export, patience)) {
      Optional<Landing> landed = sound(context, taking, export);
      if (landed.isPresent()) {
        context
            .recorder()
            .note("Export " + export + " had already landed; nothing was downloaded.");
      }
      Landing landing =
          landed.orElseGet(() -> taking.take(export, ExportFence.claim(context.lake(), export)));
      if (landed.isPresent() || !landing.exportId().equals(export)) { // or a later crawl has
        before.add(landing.exportId());
      }
      taking.clean(export, landing);
      return landing;
    }
  }

  /**
   * A landing counts only while its files are what it says; else the export is taken in anew. Who
   * runs an extract again may do so because a file is damaged in its middle: every page is read.
   */
  private static Optional<Landing> sound(JobContext context, Taking taking, String export) {
    Landings landings = new Landings(context.lake());
    Optional<Landing> landed = landings.find(export);
    for (Landing.File file : landed.map(Landing::files).orElse(List.of())) {
      Optional<String> problem = LandedFile.anyProblem(context.lake(), file);
      if (problem.isPresent()) {
        return withdrawn(
            context, taking, landed.get(), "Bronze file " + file.path(), problem.get());
      }
    }
    Optional<String> problem = landed.flatMap(one -> KeptOut.problem(context.lake(), one));
    if (problem.isPresent()) {
      String list = "List " + landed.get().keptOut().path();
      return withdrawn(context, taking, landed.get(), list, problem.get());
    }
    return landed;
  }

  private static Optional<Landing> withdrawn(
      JobContext context, Taking taking, Landing landing, String what, String problem) {
    context
        .recorder()
        .note(
            what
                + " is damaged ("
                + problem
                + "). Its landing was withdrawn, and the export is landed again.");
    new Landings(context.lake()).withdraw(landing);
    taking.forget(landing.exportId());
    return Optional.empty();
  }
}
