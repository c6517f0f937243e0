package io.epicfhir.extract.crawl;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.OthersNow;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.index.KnownResources;
import io.epicfhir.extract.crawl.landing.Absence;
import io.epicfhir.extract.crawl.landing.CrawlWays;
import io.epicfhir.extract.crawl.landing.StagedRows;
import io.epicfhir.extract.crawl.landing.TypeCounts;
import io.epicfhir.extract.crawl.landing.TypeToBronze;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.settings.Search;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/** Makes the spool into staged bronze files, and writes what this crawl saw into its index. */
final class CrawlToBronze implements CrawlWays {
  /** Some 50 bytes each in memory, twice that with room to grow. */
  private static final long MOST_IDS = 3_000_000;

  private final JobContext context;
  private final CrawlSettings settings;
  private final BronzeSettings bronze;
  private final CrawlLedger ledger;
  private final CrawlLedger.Begun begun;
  private final IndexFolder index;
  private final CrawlRun run;
  private final List<StagedFile> staged = new ArrayList<>();
  private final List<TypeCounts> counts = new ArrayList<>();

  /** What came of it. */
  record Result(
      List<StagedFile> bronze,
      List<StagedFile> quarantine,
      List<TypeCounts> counts,
      long bundles,
      Set<String> keptOut) {}

  CrawlToBronze(
      JobContext context,
      CrawlSettings settings,
      BronzeSettings bronze,
      CrawlLedger ledger,
      CrawlLedger.Begun begun,
      IndexFolder index,
      CrawlRun run) {
    this.context = context;
    this.settings = settings;
    this.bronze = bronze;
    this.ledger = ledger;
    this.begun = begun;
    this.index = index;
    this.run = run;
  }

  Result run() {
    Optional<Result> result = tryOnce();
    while (result.isEmpty()) { // fewer are on the list now
      staged.clear();
      counts.clear();
      result = tryOnce();
    }
    return result.get();
  }

  /** Empty where a resource came as another patient's that was on the list. */
  private Optional<Result> tryOnce() {
    Path folder = new Path(ledger.staging(), "rows");
    context.lake().delete(folder); // what an earlier try that broke off had written
    OthersNow others = new OthersNow(context.lake(), ledger.staging());
    Set<String> types = new TreeSet<>(run.spool().types());
    types.addAll(index.types());
    try (StagedRows rows =
        new StagedRows(context.lake(), folder, begun.exportId(), bronze.targetFileSize(), others)) {
      for (String type : types) {
        type(type, rows);
      }
      if (!rows.optOuts().released().isEmpty()) {
        others.note(rows.optOuts());
        new OptOutList(context.lake()).release(rows.optOuts().released());
        return Optional.empty();
      }
      run.merges().intoWhoStaysOut(run.units()::has).forEach(rows::keepOut);
      rows.keptOut(ledger.keptOut());
      refusals(rows);
      List<StagedFile> quarantine = rows.finishQuarantine();
      staged.addAll(rows.finishDeletions());
      List<StagedFile> settled = rows.settled(staged, counts);
      if (rows.hasLearned()) {
        index.keepOut(begun.exportId(), rows.keptOut());
      }
      // The list has by now all whose names must not be in these files.
      index.completePatients(begun.exportId(), run.units().completePatients());
      index.merges(begun.exportId(), run.merges().all(), run.merges().links());
      index.documentsLeft(begun.exportId(), run.figures().leftForTomorrow());
      return Optional.of(
          new Result(
              settled, rows.settledQuarantine(quarantine), counts, rows.bundles(), rows.keptOut()));
    }
  }

  private void type(String type, StagedRows rows) {
    // A crawl that follows on nothing brings all that it finds.
    Optional<CrawlIndex> before =
        begun.since() == null
            ? Optional.empty()
            : index.newest(type, begun.group(), begun.startedAt());
    KnownResources known = index.known(type, begun.group(), begun.startedAt());
    Failpoint.at("crawl.index");
    try (CrawlIndex.Writer after = index.of(type, begun.exportId()).write(header(type, before))) {
      TypeToBronze work =
          new TypeToBronze(
              type,
              run.spool(),
              before,
              known,
              this,
              new TypeToBronze.Target(rows, after, bronze.maxLineSize()));
      counts.add(work.run(MOST_IDS));
      staged.addAll(rows.finish(type));
    }
  }

  /** A type that was narrowed to changes is as full as it was. */
  private CrawlIndex.Header header(String type, Optional<CrawlIndex> before) {
    boolean narrowed = begun.changedSince().containsKey(type) && before.isPresent();
    return new CrawlIndex.Header(
        begun.startedAt(),
        narrowed ? before.get().header().fullAt() : begun.startedAt(),
        settings.searches().getOrDefault(type, List.of()));
  }

  /** The refused searches, by patient, where a person can look for the reason. */
  private void refusals(StagedRows rows) {
    Map<Integer, Set<String>> problems = new TreeMap<>(run.units().problems());
    problems.forEach(
        (unit, codes) -> {
          if (run.units().settled(unit) || rows.staysOut(run.units().patient(unit))) {
            return;
          }
          Search search = run.units().search(unit);
          String line =
              new JsonMapper()
                  .createObjectNode()
                  .put("search", search.key())
                  .put("patient", run.units().patient(unit))
                  .put("codes", String.join(",", codes))
                  .put("answer", run.units().said(unit))
                  .toString();
          rows.quarantine("refused", search.name(), unit + 1L, line);
        });
  }

  @Override
  public String name(String search) {
    return run.plan()
        .find(search)
        .map(Search::name)
        .orElseGet(() -> search.substring(0, search.indexOf('?')));
  }

  /**
   * Who left the cohort is asked for no more; what moved from a member to somebody else is gone.
   */
  @Override
  public Absence outside(CrawlIndex.Seen seen, String patient) {
    boolean moved = !seen.patient().isEmpty() && run.scope().has(seen.patient());
    return moved ? Absence.GONE : Absence.UNKNOWN;
  }

  @Override
  public CrawlIndex.Seen carried(String type, CrawlIndex.Seen seen) {
    return run.hydration().carried(type, seen);
  }

  @Override
  public boolean excludes(List<String> patients) {
    return run.scope().excludes(patients);
  }

  @Override
  public boolean wouldSee(CrawlIndex.Seen seen) {
    return run.expectations().wouldSee(seen);
  }
}
