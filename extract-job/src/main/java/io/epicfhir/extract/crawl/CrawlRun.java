package io.epicfhir.extract.crawl;

import io.epicfhir.common.Progress;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.extract.crawl.cohort.Cohort;
import io.epicfhir.extract.crawl.cohort.CohortScope;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.Workers;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.landing.CrawlReport;
import io.epicfhir.extract.crawl.pages.OutcomePolicy;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.reads.Confirmation;
import io.epicfhir.extract.crawl.reads.CrawlProgress;
import io.epicfhir.extract.crawl.reads.DocumentBudget;
import io.epicfhir.extract.crawl.reads.Hydration;
import io.epicfhir.extract.crawl.reads.ReadProblems;
import io.epicfhir.extract.crawl.reads.ReadsById;
import io.epicfhir.extract.crawl.search.CrawlReading;
import io.epicfhir.extract.crawl.search.Expectations;
import io.epicfhir.extract.crawl.search.PatientClock;
import io.epicfhir.extract.crawl.search.UnitQueue;
import io.epicfhir.extract.crawl.search.UnitRun;
import io.epicfhir.extract.crawl.search.Units;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.settings.SearchPlan;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.util.List;
import java.util.Set;

/** Asks for everything: goes on from what the spool holds, and ends when nothing is left to ask. */
final class CrawlRun implements AutoCloseable {
  private final JobContext context;
  private final CrawlSettings settings;
  private final SourceSettings source;
  private final SourceClient client;
  private final Traffic traffic;
  private final CrawlLedger ledger;
  private final CrawlLedger.Begun begun;
  private final IndexFolder index;
  private final Workers workers;
  private final SearchPlan plan;
  private final CrawlFigures figures = new CrawlFigures();
  private final Spool spool;
  private final Merges merges;
  private final CohortScope scope;
  private final CrawlReading reading;
  private final ReadsById reads;
  private final Survivors survivors = new Survivors();
  private Units units;
  private Hydration hydration;
  private Confirmation confirmation;

  CrawlRun(
      JobContext context,
      CrawlSettings settings,
      SourceSettings source,
      SourceClient client,
      Traffic traffic,
      CrawlLedger ledger,
      IndexFolder index) {
    this.context = context;
    this.settings = settings;
    this.source = source;
    this.client = client;
    this.traffic = traffic;
    this.ledger = ledger;
    this.begun = ledger.requireBegun();
    this.index = index;
    this.workers = new Workers(source.maxInFlight());
    References references = References.of(source.baseUrl(), settings);
    PageFetch fetch = new PageFetch(client, traffic, references, settings.maxPageSize());
    this.plan = new SearchPlan(settings, begun.changedSince());
    this.spool = new Spool(context.lake(), ledger.spool());
    this.merges = new Merges(source.baseUrl(), new OptOutList(context.lake()).load());
    this.scope = CohortScope.of(patient -> units.has(patient), merges);
    this.reading = new CrawlReading(settings, source.baseUrl(), fetch, spool, figures, merges);
    this.reads = new ReadsById(reading, workers, scope);
  }

  Units units() {
    return units;
  }

  SearchPlan plan() {
    return plan;
  }

  Spool spool() {
    return spool;
  }

  CrawlFigures figures() {
    return figures;
  }

  Merges merges() {
    return merges;
  }

  /** Whose resources are kept. */
  CohortScope scope() {
    return scope;
  }

  /** The refused reads that are not accepted. */
  ReadProblems referenceProblems() {
    return reads.problems();
  }

  /** What no search finds any more. */
  Confirmation confirmation() {
    return confirmation;
  }

  Hydration hydration() {
    return hydration;
  }

  Expectations expectations() {
    return new Expectations(plan, units, merges);
  }

  /** Asks until nothing is left. */
  void run() {
    long begin = System.nanoTime();
    merges.remember(knownMerges(), index.links(begun.group(), begun.startedAt()));
    units = new Units(patients(), plan, OutcomePolicy.of(settings), merges);
    resume();
    int finished = 0;
    try {
      do {
        finished += search();
      } while (survivors());
      hydrate();
    } finally {
      spool.roll();
      long ms = (System.nanoTime() - begin) / 1_000_000;
      new CrawlReport(context.recorder()).crawled(units, plan, figures, finished, ms);
    }
  }

  /** Once found, they stay the crawl's patients, whatever becomes of the group meanwhile. */
  private List<String> patients() {
    return ledger
        .patients()
        .orElseGet(
            () -> {
              Cohort cohort = new Cohort(settings, source, traffic, client, workers);
              List<String> all = cohort.patients();
              List<String> found = all.stream().filter(p -> !merges.staysOut(p)).toList();
              ledger.doubts(cohort.doubts());
              ledger.keptOut(merges.keptOut(all));
              ledger.patients(found);
              return found;
            });
  }

  private void resume() {
    spool.load(
        record -> {
          units.took(record);
          figures.took(record);
        });
    int again = units.reopen();
    if (units.doneCount() > 0 || again > 0) {
      context
          .recorder()
          .note(
              "%d of %d searches were done by an earlier try; %d searches that the server refused then are repeated."
                  .formatted(units.doneCount(), units.total(), again));
    }
  }

  /** How many patients' searches it has ended. */
  @SuppressWarnings("try") // the progress is logged, not used
  private int search() {
    PatientClock clock =
        new PatientClock(
            units.total() / plan.size(),
            plan.size(),
            context.recorder().registry().timer("extract.patient"));
    Set<String> known = index.completePatients(begun.group(), begun.startedAt());
    UnitRun run =
        new UnitRun(
            reading,
            client,
            units,
            patient -> known.contains(patient) && !survivors.askedInFull(patient),
            workers::stopped);
    try (Progress unused = Progress.of("searches", "resources", this::reading)) {
      workers.run(new UnitQueue(units, run, clock)::next);
    }
    return clock.finished();
  }

  /**
   * Asks for the history of survivors in full, of those outside the cohort too.
   *
   * @return whether there is more to ask
   */
  private boolean survivors() {
    spool.roll();
    merges.read(spool);
    Survivors.Found found = survivors.find(merges, knownMerges(), units::has);
    List<String> again = plan.narrows() ? found.inside() : List.of();
    again.forEach(units::again);
    if (!found.outside().isEmpty()) {
      units.add(found.outside());
      ledger.patients(units.patients());
    }
    return !again.isEmpty() || !found.outside().isEmpty();
  }

  private Set<String> knownMerges() {
    return index.merges(begun.group(), begun.startedAt());
  }

  @SuppressWarnings("try") // the progress is logged, not used
  private void hydrate() {
    hydration = new Hydration(settings, spool, reads, figures, scope);
    hydration.earlier(index, begun.group(), begun.startedAt(), begun.startedAt());
    try (Progress unused =
        Progress.of("searches, and reads by reference", "resources", this::reading)) {
      hydration.run();
      confirmation = new Confirmation(settings, spool, index, expectations());
      confirmation.run(reads, hydration, begun.group(), begun.startedAt());
      hydration.run(); // what was confirmed can refer to more
      DocumentBudget.ofToday(index, figures, settings.attachments())
          .run(reads, hydration.documents(index.documentsLeft(begun.group(), begun.startedAt())));
    }
  }

  private Progress.Reading reading() {
    return new CrawlProgress(figures, client, traffic).besides(units.doneCount(), units.total());
  }

  @Override
  public void close() {
    workers.close();
    spool.close();
  }
}
