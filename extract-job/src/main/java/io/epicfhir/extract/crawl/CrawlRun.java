package io.epicfhir.extract.crawl;

import io.epicfhir.common.JobContext;
import io.epicfhir.common.Progress;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.SourceSettings;
import io.epicfhir.extract.source.Traffic;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  private final PageFetch fetch;
  private final SearchPlan plan;
  private final CrawlFigures figures = new CrawlFigures();
  private final Spool spool;
  private Units units;
  private Map<String, Long> referenceProblems = Map.of();
  private int next;

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
    this.fetch = new PageFetch(client, traffic, references, settings.maxPageSize());
    this.plan = new SearchPlan(settings, begun.changedSince());
    this.spool = new Spool(context.lake(), ledger.spool());
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

  Map<String, Long> referenceProblems() {
    return referenceProblems;
  }

  /** Asks until nothing is left. */
  void run() {
    long begin = System.nanoTime();
    units = new Units(patients(), plan, Problems.of(settings));
    resume();
    PatientClock clock =
        new PatientClock(
            units.total() / plan.size(),
            plan.size(),
            context.recorder().registry().timer("extract.patient"));
    try {
      search(clock);
      hydrate();
    } finally {
      spool.roll();
      long ms = (System.nanoTime() - begin) / 1_000_000;
      new CrawlReport(context.recorder()).crawled(units, plan, figures, clock.finished(), ms);
    }
  }

  /** Once found, they stay the crawl's patients, whatever becomes of the group meanwhile. */
  private List<String> patients() {
    return ledger
        .patients()
        .orElseGet(
            () -> {
              List<String> found =
                  new Cohort(settings, source, traffic, client, workers).patients();
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
              units.doneCount()
                  + " of "
                  + units.total()
                  + " searches had been done by an earlier try; "
                  + again
                  + " that the server had refused are asked again.");
    }
  }

  @SuppressWarnings("try") // the progress is told, not used
  private void search(PatientClock clock) {
    for (int unit = 0; unit < units.total(); unit++) {
      if (!units.done(unit)) {
        clock.expect(unit);
      }
    }
    Set<String> known = index.completePatients(begun.group(), begun.startedAt());
    UnitRun run =
        new UnitRun(
            settings,
            source.baseUrl(),
            client,
            fetch,
            spool,
            units,
            figures,
            known::contains,
            workers::stopped);
    try (Progress unused = Progress.of("searches", "resources", this::reading)) {
      workers.run(() -> nextUnit(run, clock));
    }
  }

  private synchronized Optional<Runnable> nextUnit(UnitRun run, PatientClock clock) {
    while (next < units.total() && units.done(next)) {
      next++;
    }
    if (next == units.total()) {
      return Optional.empty();
    }
    int unit = next++;
    return Optional.of(
        () -> {
          clock.begin(unit);
          run.run(unit);
          clock.end(unit);
        });
  }

  @SuppressWarnings("try") // the progress is told, not used
  private void hydrate() {
    Hydration hydration = new Hydration(settings, source, fetch, spool, workers, figures);
    hydration.skip(index, begun.group(), begun.startedAt());
    try (Progress unused =
        Progress.of("searches, and reads by reference", "resources", this::reading)) {
      referenceProblems = hydration.run();
    }
  }

  private Progress.Reading reading() {
    long hydrated = figures.hydrated.sum();
    return new Progress.Reading(
        units.doneCount() + hydrated,
        units.total() + hydrated,
        figures.resources.sum(),
        traffic.sums().bytes(),
        client.gate().inFlight(),
        traffic.sums().retries());
  }

  @Override
  public void close() {
    workers.close();
    spool.close();
  }
}
