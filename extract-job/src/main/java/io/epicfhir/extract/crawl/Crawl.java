package io.epicfhir.extract.crawl;

import io.epicfhir.common.DurationText;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.extract.bronze.WithdrawnExports;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.index.Readmitted;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.source.PastWindow;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Begins a crawl: writes down, once, what it is and from when on it asks. A rerun of the same run
 * adopts what was written.
 */
public final class Crawl {
  private static final int LONGEST = 64 << 20;

  private final JobContext context;
  private final CrawlSettings settings;
  private final SourceSettings source;
  private final SourceClient client;
  private final Traffic traffic;

  /**
   * How it went.
   *
   * @param exportId the crawl's
   * @param state kicked-off, adopted, or landed
   */
  public record Result(String exportId, String state) {}

  public Crawl(
      JobContext context,
      CrawlSettings settings,
      SourceSettings source,
      SourceClient client,
      Traffic traffic) {
    this.context = context;
    this.settings = settings;
    this.source = source;
    this.client = client;
    this.traffic = traffic;
  }

  /** What landings, and the run's exports, call the cohort. */
  public static String group(CrawlSettings settings) {
    return "crawl:" + settings.cohort().name();
  }

  /** Begins or adopts. */
  @SuppressWarnings("try") // the lock is held, not used
  public Result begin(String exportId) {
    if (new Landings(context.lake()).find(exportId).isPresent()) {
      return new Result(exportId, "landed");
    }
    try (RunLock lock = lock(context, settings)) {
      CrawlLedger ledger = new CrawlLedger(context.lake(), exportId);
      if (ledger.begun().isPresent()) {
        return new Result(exportId, "adopted");
      }
      PastWindow window = new PastWindow(context, Instant.now());
      Optional<Landing> covering = window.end().flatMap(this::covering);
      if (covering.isPresent()) {
        window.covered(group(settings), covering.get());
        return new Result(covering.get().exportId(), "landed");
      }
      window.asking(group(settings), null); // a crawl asks in full, and keeps what differs
      ledger.begin(decide(exportId));
      return new Result(exportId, "kicked-off");
    }
  }

  /**
   * Begins a crawl once more that had landed and was withdrawn, while a later one shows only what
   * changed since: it takes its place after that, and brings everything.
   */
  CrawlLedger.Begun again(CrawlLedger ledger, String exportId) {
    CrawlLedger.Begun begun = decide(exportId);
    context.lake().delete(ledger.publicationPlan());
    context.lake().delete(ledger.staging());
    ledger.begin(begun);
    return begun;
  }

  /**
   * The newest crawl, where it began after this time and had asked all that is asked now. One that
   * claims to be of the future covers nothing, and none does while everything is to come again.
   */
  private Optional<Landing> covering(Instant end) {
    if (everythingIsMissed()) {
      return Optional.empty();
    }
    IndexFolder folder = new IndexFolder(context.lake(), settings.cohort().name());
    return IndexFolder.landings(context.lake(), group(settings))
        .filter(landing -> !ofTheFuture(landing, source))
        .findFirst()
        .filter(landing -> !landing.transactionTime().isBefore(end))
        .filter(
            landing ->
                settings.searches().entrySet().stream()
                    .filter(search -> !search.getValue().isEmpty())
                    .allMatch(
                        search ->
                            asked(
                                folder.of(search.getKey(), landing.exportId()),
                                search.getValue())));
  }

  private static boolean asked(CrawlIndex index, List<String> searches) {
    return index.exists() && index.header().templates().containsAll(searches);
  }

  /** Two crawls of one cohort never overlap. */
  static RunLock lock(JobContext context, CrawlSettings settings) {
    String name = "crawl-" + Digest.name(settings.cohort().name());
    return RunLock.acquire(context.lake(), name, settings.lockPatience());
  }

  private CrawlLedger.Begun decide(String exportId) {
    String group = group(settings);
    Optional<Landing> last =
        IndexFolder.landings(context.lake(), group)
            .filter(l -> !ofTheFuture(l, source))
            .findFirst();
    Instant now = serverTime();
    if (last.isPresent() && !now.isAfter(last.get().transactionTime())) {
      // Crawls of one cohort have an order, also within one second of the server's clock.
      now = last.get().transactionTime().plusMillis(1);
    }
    boolean everything = last.isEmpty() || everythingIsMissed();
    return new CrawlLedger.Begun(
        exportId,
        context.run().key(),
        group,
        now,
        everything ? null : last.get().transactionTime(),
        everything ? Map.of() : changedSince(now));
  }

  /**
   * Whether what a withdrawn crawl of the cohort brought has not come again, or what went with
   * patients who are readmitted.
   */
  private boolean everythingIsMissed() {
    String group = group(settings);
    return !new WithdrawnExports(context.lake()).withoutSuccessor(group).isEmpty()
        || Readmitted.isPending(
            context.lake(),
            IndexFolder.landings(context.lake(), group).filter(l -> !ofTheFuture(l, source)));
  }

  /** A type is narrowed where its last full refresh is young and had asked the same queries. */
  private Map<String, Instant> changedSince(Instant now) {
    IndexFolder folder = new IndexFolder(context.lake(), settings.cohort().name());
    Map<String, Instant> since = new TreeMap<>();
    for (String type : settings.changedSince().keySet()) {
      Optional<CrawlIndex.Header> header =
          folder.newest(type, group(settings), now).map(CrawlIndex::header);
      boolean young =
          header.isPresent() && header.get().fullAt().plus(settings.fullEvery()).isAfter(now);
      if (young && header.get().templates().containsAll(settings.searches().get(type))) {
        since.put(type, header.get().readAt());
      }
    }
    return since;
  }

  /** The server's time, never later than it is; this machine's if the server gives none. */
  private Instant serverTime() {
    URI url = URI.create(source.baseUrl() + "/metadata");
    Instant before = Instant.now();
    Reply reply =
        client.fetch(Ask.get("read " + url, url, "application/fhir+json"), traffic, LONGEST);
    Optional<Instant> date = reply.date().map(sent -> sent.plus(age(reply)));
    if (date.isEmpty()) {
      context
          .recorder()
          .note(
              "The server's responses have no Date header, so the crawl's time comes from this machine's clock.");
    }
    return date.map(time -> checked(time, before, Instant.now())).orElse(before);
  }

  /** How long a cache on the way has had the answer; standard: RFC 9111, 5.1. */
  private static Duration age(Reply reply) {
    return reply
        .header("Age")
        .map(String::strip)
        .filter(seconds -> seconds.matches("[0-9]{1,9}"))
        .map(seconds -> Duration.ofSeconds(Long.parseLong(seconds)))
        .orElse(Duration.ZERO);
  }

  /**
   * A server's clock that is far from this machine's would put the crawl in the wrong place in the
   * order of exports, for good. One that is a little ahead gives no time of the future.
   */
  private Instant checked(Instant date, Instant before, Instant after) {
    Duration tolerance = source.clockTolerance();
    if (date.isBefore(before.minus(tolerance)) || date.isAfter(after.plus(tolerance))) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot start the crawl: the server's clock says "
              + date
              + ", this machine's clock says "
              + after
              + ". They differ by more than "
              + DurationText.of(tolerance)
              + " (source.clock-tolerance); correct the wrong clock and rerun");
    }
    return date.isAfter(before) ? before : date;
  }

  /** A landing of a later time than now is one of a server whose clock was wrong. */
  static boolean ofTheFuture(Landing landing, SourceSettings source) {
    return landing.transactionTime().isAfter(Instant.now().plus(source.clockTolerance()));
  }
}
