package io.epicfhir.extract.crawl.references;

import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.OthersNow;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.landing.Absence;
import io.epicfhir.extract.crawl.landing.CrawlJudgement;
import io.epicfhir.extract.crawl.landing.CrawlWays;
import io.epicfhir.extract.crawl.landing.StagedRows;
import io.epicfhir.extract.crawl.landing.TypeCounts;
import io.epicfhir.extract.crawl.landing.TypeToBronze;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.reads.Hydration;
import io.epicfhir.extract.crawl.reads.ReadProblems;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.Spool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;

/**
 * Makes what was fetched by the references of a bulk export into staged bronze files, and writes
 * into the group's index what was fetched and what the export brought of the same types.
 *
 * <p>A full export does not say that a type's other resources are gone where some of them come by
 * reference only. So of such a type it is said one by one: what an earlier export had, and neither
 * this one nor a read has found. Of a type of which the export does not hold all for another reason
 * only a read can show that something is gone.
 */
final class ReferencesToBronze implements CrawlWays {
  /** Some 50 bytes each in memory, twice that with room to grow. */
  private static final long MOST_IDS = 3_000_000;

  private final JobContext context;
  private final CrawlSettings settings;
  private final BronzeSettings bronze;
  private final BulkHydration.Export export;
  private final IndexFolder index;
  private final ExportedResources exported;
  private final Spool spool;
  private final EarlierResources earlier;
  private final Hydration hydration;
  private final Set<String> byReference = new TreeSet<>();
  private boolean concludes;

  ReferencesToBronze(
      JobContext context,
      CrawlSettings settings,
      BronzeSettings bronze,
      BulkHydration.Export export,
      ExportedResources exported,
      Spool spool,
      EarlierResources earlier,
      Hydration hydration) {
    this.context = context;
    this.settings = settings;
    this.bronze = bronze;
    this.export = export;
    this.index = earlier.index();
    this.exported = exported;
    this.spool = spool;
    this.earlier = earlier;
    this.hydration = hydration;
  }

  /**
   * Does it.
   *
   * @param problems the refused reads that are not accepted
   * @param unread what the export lacks and is left to the next one to be read
   */
  Hydrated run(CrawlFigures figures, ReadProblems problems, Map<String, Long> unread) {
    spool.roll();
    Path folder = new Path(export.folder(), "rows");
    OthersNow others = new OthersNow(context.lake(), export.folder());
    context.lake().delete(folder); // what an earlier try that broke off had written
    Set<String> types = new TreeSet<>(spool.types());
    types.addAll(earlier.types());
    types.addAll(export.toConfirm());
    settings.hydrate().stream().filter(type -> exported.rows(type) > 0).forEach(types::add);
    List<StagedFile> staged = new ArrayList<>();
    List<TypeCounts> counts = new ArrayList<>();
    try (StagedRows rows =
        new StagedRows(
            context.lake(), folder, export.exportId(), bronze.targetFileSize(), others)) {
      for (String type : types) {
        counts.add(type(type, rows));
        staged.addAll(rows.finish(type));
      }
      boolean last = rows.optOuts().released().isEmpty(); // else all is made again
      others.note(rows.optOuts());
      List<StagedFile> quarantine = rows.finishQuarantine();
      staged.addAll(rows.finishDeletions());
      List<StagedFile> settled = last ? rows.settled(staged, counts) : staged;
      if (last && rows.hasLearned()) {
        index.keepOut(export.exportId(), rows.keptOut());
      }
      index.documentsLeft(export.exportId(), figures.leftForTomorrow());
      return new Hydrated(
          settled,
          last ? rows.settledQuarantine(quarantine) : quarantine,
          HydrationCounts.of(figures, counts, rows.bundles(), unread),
          byReference,
          concludes,
          rows.keptOut(),
          rows.optOuts().released(),
          new CrawlJudgement(settings, "bulk").references(problems).rejected(counts).complaint());
    }
  }

  private TypeCounts type(String type, StagedRows rows) {
    Optional<CrawlIndex> before = index.newest(type, export.group(), export.before());
    if (earlier.isByReference(type) || isRead(type)) {
      byReference.add(type);
    }
    CrawlIndex.Header header =
        new CrawlIndex.Header(export.transactionTime(), export.transactionTime(), List.of());
    try (CrawlIndex.Writer after = index.of(type, export.exportId()).write(header)) {
      TypeCounts counts =
          new TypeToBronze(
                  type,
                  spool,
                  before,
                  earlier.of(type),
                  this,
                  new TypeToBronze.Target(rows, after, bronze.maxLineSize()))
              .run(MOST_IDS);
      // As in a crawl: a server that suddenly knows nothing is no reason to delete everything.
      boolean confirmed = export.toConfirm().contains(type) || earlier.isLost(type);
      concludes |= confirmed && counts.deleted > 0;
      return counts;
    }
  }

  private boolean isRead(String type) {
    boolean[] read = new boolean[1];
    if (spool.types().contains(type)) {
      spool.read(
          type,
          false,
          Set.of(),
          record ->
              read[0] |= !record.confirms() && record.entries().stream().anyMatch(Entry::whole));
    }
    return read[0];
  }

  @Override
  public String name(String search) {
    return search;
  }

  @Override
  public boolean wouldSee(CrawlIndex.Seen seen) {
    return false; // nothing is searched for
  }

  @Override
  public long besideRows(String type) {
    return exported.rows(type);
  }

  @Override
  public void beside(String type, Consumer<String> ids) {
    exported.ids(type, ids);
  }

  @Override
  public CrawlIndex.Seen carried(String type, CrawlIndex.Seen seen) {
    return hydration.carried(type, seen);
  }

  /** Who is in another group now comes with that group's exports, and is gone with the last one. */
  @Override
  public Absence outside(CrawlIndex.Seen seen, String patient) {
    if (hydration.isElsewhere(patient)) {
      return Absence.UNKNOWN;
    }
    concludes = true;
    return Absence.GONE;
  }

  @Override
  public Absence absent(String type, CrawlIndex.Seen seen) {
    boolean said = seen.search().equals(CrawlIndex.EXPORT) && export.completeTypes().contains(type);
    if (!said) {
      return Absence.UNKNOWN;
    }
    if (!byReference.contains(type)) {
      return Absence.GONE_WITH_TYPE;
    }
    concludes = true;
    return Absence.GONE;
  }
}
