package io.epicfhir.extract.crawl.references;

import com.codahale.metrics.Timer;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.Failpoint;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Progress;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bronze.StagedFile;
import io.epicfhir.extract.crawl.cohort.CohortScope;
import io.epicfhir.extract.crawl.cohort.Merges;
import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.Workers;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.landing.CrawlReport;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.reads.CrawlProgress;
import io.epicfhir.extract.crawl.reads.DocumentBudget;
import io.epicfhir.extract.crawl.reads.Hydration;
import io.epicfhir.extract.crawl.reads.ReadsById;
import io.epicfhir.extract.crawl.search.CrawlReading;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * Fetches what a bulk export only refers to, as a crawl does: each id once, until nothing new is
 * named, through a spool on the lake; and what it lacks although it may be there. A crash costs the
 * reads in flight.
 */
public final class BulkHydration {
  private final JobContext context;
  private final CrawlSettings settings;
  private final SourceSettings source;
  private final BronzeSettings bronze;
  private final SourceClient client;
  private final Traffic traffic;

  /**
   * A bulk export that is taken in and does not show yet.
   *
   * @param transactionTime its place in the order of exports
   * @param full whether all was asked for
   * @param completeTypes of which it holds all that the group has
   * @param toConfirm types of which it does not, although all was asked for: what it lacks of them
   *     is read
   * @param members who belongs to the group; empty where that is not known
   * @param staged its files
   * @param folder for what is fetched
   */
  public record Export(
      String exportId,
      String group,
      Instant transactionTime,
      boolean full,
      Set<String> completeTypes,
      SortedSet<String> toConfirm,
      Optional<Members> members,
      List<StagedFile> staged,
      Path folder) {
    public Export {
      completeTypes = Set.copyOf(completeTypes);
      toConfirm = Collections.unmodifiableSortedSet(new TreeSet<>(toConfirm));
      staged = List.copyOf(staged);
    }

    /** Landings of the group up to this time came before. */
    Instant before() {
      return transactionTime.plusNanos(1);
    }
  }

  /** Who belongs to a group, by a patient's id. */
  public interface Members {
    /** Whether the patient is one of the group's. */
    boolean has(String patient);

    /** Whether the patient is one of another group's. */
    boolean isElsewhere(String patient);
  }

  /**
   * Of a run.
   *
   * @param settings with the types that are fetched
   */
  public BulkHydration(
      JobContext context,
      CrawlSettings settings,
      SourceSettings source,
      BronzeSettings bronze,
      SourceClient client,
      Traffic traffic) {
    this.context = context;
    this.settings = settings;
    this.source = source;
    this.bronze = bronze;
    this.client = client;
    this.traffic = traffic;
  }

  /** The folder for what is fetched, in an export's staging folder. */
  public static Path folder(Path staging) {
    return new Path(staging, "references");
  }

  /** Whether anything is to be fetched by reference. */
  public boolean isWanted() {
    return !settings.hydrate().isEmpty() || settings.attachments().enabled();
  }

  /** Notes what the export's files refer to while they are taken in. */
  public ReferenceFinder finder() {
    return new ReferenceFinder(isWanted() ? References.of(source.baseUrl(), settings) : null);
  }

  /**
   * Fetches it; nothing shows yet.
   *
   * @param fence throws where another process has taken the work over
   * @throws JobException {@link ExitCode#UNAVAILABLE} where the server is; a rerun goes on
   */
  @SuppressWarnings("try") // the time is taken and the progress logged, not used
  public Hydrated run(Export export, Runnable fence) {
    CrawlFigures figures = new CrawlFigures();
    IndexFolder index = index(export.group());
    ExportedResources exported =
        new ExportedResources(context, export.staged(), new Path(export.folder(), "named"));
    References references = References.of(source.baseUrl(), settings);
    try (Timer.Context unused = context.recorder().registry().timer("extract.hydrate").time();
        Workers workers = new Workers(source.maxInFlight());
        Spool spool = new Spool(context.lake(), new Path(export.folder(), "spool"))) {
      figures.readBefore(spool);
      PageFetch fetch = new PageFetch(client, traffic, references, settings.maxPageSize());
      Merges merges = merges(export, exported, index);
      CohortScope scope = scope(export, merges);
      ReadsById reads =
          new ReadsById(
              new CrawlReading(settings, source.baseUrl(), fetch, spool, figures, merges),
              workers,
              scope);
      Hydration hydration = new Hydration(settings, spool, reads, figures, scope);
      known(hydration, export, index, exported);
      EarlierResources earlier = new EarlierResources(index, hydration.wanted(), export);
      Map<String, Long> unread;
      CrawlProgress progress = new CrawlProgress(figures, client, traffic);
      try (Progress unusedProgress =
          Progress.of("reads by id", "resources", () -> progress.besides(0, 0))) {
        if (isWanted()) {
          hydration.run(named -> exported.references(references, named));
        }
        unread =
            new ExportConfirmation(settings, spool, earlier, exported)
                .run(reads, hydration, export);
        if (isWanted()) {
          hydration.run(); // what was confirmed can refer to more
          DocumentBudget.ofToday(index, figures, settings.attachments())
              .run(
                  reads, hydration.documents(index.documentsLeft(export.group(), export.before())));
        }
      }
      Failpoint.at("bulk.hydrated");
      fence.run();
      ReferencesToBronze toBronze =
          new ReferencesToBronze(
              context, settings, bronze, export, exported, spool, earlier, hydration);
      Hydrated found = toBronze.run(figures, reads.problems(), unread);
      if (found.released().isEmpty()) {
        new CrawlReport(context.recorder()).references(figures, "bulk");
      }
      index.merges(export.exportId(), merges.all(), merges.links());
      Failpoint.at("bulk.references");
      return found;
    }
  }

  /** Removes what no later export will look at. */
  public void clean(String group) {
    index(group).removeOld(group);
  }

  private IndexFolder index(String group) {
    return new IndexFolder(context.lake(), "bulk:" + group);
  }

  /**
   * The export's patients show who was merged into them; asked where it is known who is in the
   * cohort, and where a retired patient's id can lead to the survivor.
   */
  private Merges merges(Export export, ExportedResources exported, IndexFolder index) {
    Merges merges = new Merges(source.baseUrl());
    Set<String> known = index.merges(export.group(), export.before());
    if (!known.isEmpty()) {
      merges.remember(known, index.links(export.group(), export.before()));
      exported.ids(Merges.PATIENT, merges::came);
    }
    if (export.members().isPresent() || export.toConfirm().contains(Merges.PATIENT)) {
      exported.holding(Merges.PATIENT, "\"link\"", merges::read);
    }
    return merges;
  }

  private CohortScope scope(Export export, Merges merges) {
    if (export.members().isEmpty()) {
      context
          .recorder()
          .note(
              "The members of group \""
                  + export.group()
                  + "\" are unknown, so resources read by reference are kept whichever patient they belong to.");
      return CohortScope.unknown(merges);
    }
    Members all = export.members().get();
    return CohortScope.endingLeavers(all::has, merges, all::isElsewhere);
  }

  private void known(
      Hydration hydration, Export export, IndexFolder index, ExportedResources exported) {
    hydration.earlier(index, export.group(), export.before(), Instant.now());
    for (String type : hydration.wanted()) {
      exported.ids(type, id -> hydration.had(type, id));
      if (!export.full()) { // what did not change is there still
        index
            .newest(type, export.group(), export.before())
            .ifPresent(
                before ->
                    before.read(
                        seen -> {
                          if (seen.search().equals(CrawlIndex.EXPORT)) {
                            hydration.had(type, seen.id());
                          }
                        }));
      }
    }
  }
}
