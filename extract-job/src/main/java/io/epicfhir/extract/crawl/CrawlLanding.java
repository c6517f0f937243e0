package io.epicfhir.extract.crawl;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.Publication;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.bronze.Staging;
import io.epicfhir.extract.bronze.WithdrawnExports;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.landing.CohortDoubts;
import io.epicfhir.extract.crawl.landing.CrawlJudgement;
import io.epicfhir.extract.crawl.landing.CrawlReport;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Crawls and lands: asks for what is not in the spool yet, brings all of it to bronze, judges, and
 * shows it in one step. A crash anywhere costs the pages in flight.
 */
public final class CrawlLanding {
  private final JobContext context;
  private final CrawlSettings settings;
  private final SourceSettings source;
  private final BronzeSettings bronze;
  private final SourceClient client;
  private final Traffic traffic;
  private final String exportId;
  private final CrawlLedger ledger;
  private final IndexFolder index;

  /** Of a crawl that was begun. */
  public CrawlLanding(
      JobContext context,
      CrawlSettings settings,
      SourceSettings source,
      BronzeSettings bronze,
      SourceClient client,
      Traffic traffic,
      String exportId) {
    this.context = context;
    this.settings = settings;
    this.source = source;
    this.bronze = bronze;
    this.client = client;
    this.traffic = traffic;
    this.exportId = exportId;
    this.ledger = new CrawlLedger(context.lake(), exportId);
    this.index = new IndexFolder(context.lake(), settings.cohort().name());
  }

  /**
   * Lands it.
   *
   * @param fence throws where another process has taken the work over
   * @throws JobException {@link ExitCode#DATA_REFUSED} where it must not land; then nothing shows,
   *     what came stays, and a rerun asks for the refused again
   */
  @SuppressWarnings("try") // the lock is held, not used
  public Landing land(Runnable fence) {
    CrawlLedger.Begun begun = ledger.requireBegun();
    if (!begun.group().equals(Crawl.group(settings))) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot crawl for export "
              + exportId
              + ": it was started with another crawl.name; restore that name, or start a new run");
    }
    try (RunLock lock = Crawl.lock(context, settings)) {
      Optional<Landing> later = later(begun);
      if (later.isPresent() && isLost()) {
        begun = new Crawl(context, settings, source, client, traffic).again(ledger, exportId);
        noteAgain(later.get());
      } else if (later.isPresent()) {
        return superseded(begun, later.get());
      }
      Publication publication = new Publication(context.lake(), ledger.publicationPlan(), fence);
      Optional<Landing> resumed = publication.resume();
      resumed.ifPresent(new CrawlReport(context.recorder())::resumed);
      return resumed.isPresent() ? resumed.get() : crawl(begun, publication, fence);
    }
  }

  /** A crawl of the cohort that began after this one and has landed. */
  private Optional<Landing> later(CrawlLedger.Begun begun) {
    return IndexFolder.landings(context.lake(), begun.group())
        .filter(landing -> !landing.exportId().equals(exportId))
        .filter(landing -> !Crawl.ofTheFuture(landing, source))
        .findFirst()
        .filter(landing -> !landing.transactionTime().isBefore(begun.startedAt()));
  }

  /** Whether it had landed and was withdrawn, and no later crawl brings what it did. */
  private boolean isLost() {
    return new WithdrawnExports(context.lake())
        .withoutSuccessor(Crawl.group(settings)).stream()
            .anyMatch(lost -> lost.exportId().equals(exportId));
  }

  private void noteAgain(Landing later) {
    context
        .recorder()
        .note(
            "Export "
                + exportId
                + " was withdrawn, and export "
                + later.exportId()
                + " of "
                + later.transactionTime()
                + " has only what changed after it. This crawl requests everything again.");
  }

  /** What this crawl read is older than what the later one has shown: it must not win over it. */
  private Landing superseded(CrawlLedger.Begun begun, Landing later) {
    context
        .recorder()
        .note(
            "Export "
                + exportId
                + " of "
                + begun.startedAt()
                + " is superseded: export "
                + later.exportId()
                + " of "
                + later.transactionTime()
                + " has landed since and contains all of it. Nothing was read or published.");
    context.lake().delete(ledger.publicationPlan());
    Staging.removeUnseen(context.lake(), landing(begun));
    return later;
  }

  /** The landing was withdrawn: what was planned for it must not be shown again. */
  public void forget() {
    context.lake().delete(ledger.publicationPlan());
  }

  /** What is left to do when it has landed; all of it may be done again. */
  public void clean(Landing landing) {
    Failpoint.at("after.landing");
    if (context.lake().exists(ledger.staging())) {
      Staging.removeUnseen(context.lake(), landing);
      index.removeOld(landing.group());
      context.lake().delete(ledger.staging());
    }
  }

  private Landing crawl(CrawlLedger.Begun begun, Publication publication, Runnable fence) {
    try (CrawlRun run = new CrawlRun(context, settings, source, client, traffic, ledger, index)) {
      run.run();
      Failpoint.at("crawl.bronze");
      fence.run();
      CrawlToBronze.Result result =
          new CrawlToBronze(context, settings, bronze, ledger, begun, index, run).run();
      fence.run();
      CrawlReport report = new CrawlReport(context.recorder());
      report.counted(result.counts(), result.bundles());
      report.outside(run.figures(), result.counts());
      report.unread(run.confirmation().left());
      report.warnings(
          Stream.concat(
                  ledger.doubts().stream(), CohortDoubts.of(run.units(), result.counts()).stream())
              .toList());
      report.quarantined(
          Staging.quarantine(context.lake(), context.run(), exportId, result.quarantine()),
          result.quarantine().stream().mapToLong(StagedFile::rows).sum());
      judge(run, result);
      report.accepted(run.units(), OutcomePolicy.of(settings));
      report.merged(run.units(), run.merges());
      Failpoint.at("crawl.index");
      return publication.publish(
          landing(begun).reported(report.kept()),
          result.bronze(),
          result.keptOut(),
          context.run().extractionDate(),
          bronze.targetFileSize());
    }
  }

  private void judge(CrawlRun run, CrawlToBronze.Result result) {
    Optional<JobException> complaint =
        new CrawlJudgement(settings)
            .searches(run.units())
            .references(run.referenceProblems())
            .unread(run.confirmation().unread())
            .rejected(result.counts())
            .complaint();
    if (complaint.isPresent()) {
      throw complaint.get();
    }
  }

  private Landing landing(CrawlLedger.Begun begun) {
    return new Landing(
        exportId,
        begun.group(),
        begun.startedAt(),
        begun.since(),
        begun.startedAt(),
        context.run().key(),
        List.of(),
        List.of(),
        true);
  }
}
