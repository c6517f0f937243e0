package io.epicfhir.extract.crawl;

import io.epicfhir.common.Failpoint;
import io.epicfhir.extract.source.SourceSettings;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Fetches what is known by reference only, each id once: round by round, until what came points to
 * nothing new.
 */
final class Hydration {
  static final String BINARY = "Binary";
  private static final int BATCH = 20_000;

  private final CrawlSettings settings;
  private final URI base;
  private final PageFetch fetch;
  private final Spool spool;
  private final Workers workers;
  private final CrawlFigures figures;
  private final DigestTable known = new DigestTable(0);
  private final Digest digest = new Digest();
  private final Map<String, Set<String>> scanned = new TreeMap<>();
  private final Map<String, Long> problems = new TreeMap<>();
  private final List<String> batch = new ArrayList<>();

  /** With what the searches brought in the spool. */
  Hydration(
      CrawlSettings settings,
      SourceSettings source,
      PageFetch fetch,
      Spool spool,
      Workers workers,
      CrawlFigures figures) {
    this.settings = settings;
    this.base = source.baseUrl();
    this.fetch = fetch;
    this.spool = spool;
    this.workers = workers;
    this.figures = figures;
  }

  /** Ids that an earlier crawl fetched by reference lately enough. */
  void skip(IndexFolder folder, String group, Instant startedAt) {
    if (settings.referenceMaxAge().isZero()) {
      return; // servers tell their time in whole seconds: a crawl just before is not "older"
    }
    long from = startedAt.minus(settings.referenceMaxAge()).toEpochMilli();
    for (String type : wanted()) {
      folder
          .newest(type, group, startedAt)
          .ifPresent(
              index ->
                  index.read(
                      seen -> {
                        if (!seen.bySearch() && seen.readAt() >= from) {
                          known.add(digest.of(type + "/" + seen.id()));
                        }
                      }));
    }
  }

  /**
   * Fetches until nothing new is named.
   *
   * @return the codes of refused reads that are not accepted, and how many there were
   */
  Map<String, Long> run() {
    spool.roll();
    wanted().forEach(this::received);
    boolean more = true;
    while (more) {
      spool.roll();
      int before = known.size();
      spool.types().forEach(this::references);
      flush();
      more = known.size() > before;
    }
    return problems;
  }

  private Set<String> wanted() {
    Set<String> types = new HashSet<>(settings.hydrate());
    if (settings.attachments().enabled()) {
      types.add(BINARY);
    }
    return types;
  }

  /** What came already, by a search or by an earlier try's read. */
  private void received(String type) {
    if (!spool.types().contains(type)) {
      return;
    }
    spool.read(
        type,
        false,
        Set.of(),
        record -> {
          if (record.byReference() && record.end() != SpoolRecord.End.REFUSED) {
            known.add(digest.of(type + "/" + record.subject()));
          }
          for (Entry entry : record.entries()) {
            if (entry.kind() == Entry.Kind.RESOURCE) {
              known.add(digest.of(type + "/" + entry.id()));
            }
          }
        });
  }

  private void references(String type) {
    Set<String> done = scanned.computeIfAbsent(type, t -> new HashSet<>());
    List<String> read =
        spool.read(
            type,
            false,
            done,
            record -> {
              for (String reference : record.references()) {
                if (known.add(digest.of(reference))) {
                  batch.add(reference);
                }
              }
              if (batch.size() >= BATCH) {
                flush();
              }
            });
    done.addAll(read);
  }

  private void flush() {
    Iterator<String> references = List.copyOf(batch).iterator();
    batch.clear();
    workers.run(
        () -> {
          synchronized (references) {
            return references.hasNext() ? Optional.of(one(references.next())) : Optional.empty();
          }
        });
  }

  private Runnable one(String reference) {
    int slash = reference.indexOf('/');
    return () -> read(reference.substring(0, slash), reference.substring(slash + 1));
  }

  private void read(String type, String id) {
    URI url = URI.create(base + "/" + type + "/" + URLEncoder.encode(id, StandardCharsets.UTF_8));
    int most = type.equals(BINARY) ? settings.attachments().maxSize() : settings.maxPageSize();
    SpoolRecord record = record(type, id, fetch.resource(type, url, most));
    Failpoint.at("crawl.page");
    spool.append(type, record);
    Failpoint.at("crawl.spooled");
    figures.page(record);
    figures.hydrated.increment();
  }

  private SpoolRecord record(String type, String id, Answer answer) {
    if (answer instanceof Answer.Got got) {
      Page page = got.page();
      return SpoolRecord.of(SpoolRecord.BY_REFERENCE, id, 0, 1, page, page.entries());
    }
    figures.unresolved.increment();
    List<OutcomeCode> codes =
        answer instanceof Answer.Refused refused ? refused.codes() : List.of();
    boolean settled = answer instanceof Answer.Gone || settled(type, answer, names(codes));
    if (!settled) {
      synchronized (problems) {
        names(codes).forEach(code -> problems.merge(code, 1L, Long::sum));
      }
    }
    SpoolRecord.End end = settled ? SpoolRecord.End.GONE : SpoolRecord.End.REFUSED;
    return SpoolRecord.ended(SpoolRecord.BY_REFERENCE, id, 0, 1, end, codes);
  }

  /** What the application may not see is as good as not there. */
  private boolean settled(String type, Answer answer, List<String> codes) {
    boolean left = type.equals(BINARY) && codes.contains(PageFetch.TOO_LONG);
    if (left) {
      figures.attachmentsLeft.increment();
    }
    boolean noRight = answer instanceof Answer.Refused refused && refused.status() == 403;
    return left || noRight || (!codes.isEmpty() && settings.acceptedErrors().containsAll(codes));
  }

  private static List<String> names(List<OutcomeCode> codes) {
    return codes.stream().map(OutcomeCode::code).toList();
  }
}
