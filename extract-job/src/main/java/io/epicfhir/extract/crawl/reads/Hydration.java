package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.cohort.CohortScope;
import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.index.DigestTable;
import io.epicfhir.extract.crawl.index.HeldDocument;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.References;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.CrawlFigures;
import io.epicfhir.extract.crawl.spool.ReadById;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Fetches what is known by reference only, each id once: round by round, until what came points to
 * nothing new.
 */
public final class Hydration {
  private static final int BATCH = 20_000;

  private final CrawlSettings settings;
  private final Spool spool;
  private final ReadsById reads;
  private final CrawlFigures figures;
  private final CohortScope scope;
  private final Holders holders = new Holders();
  private final DigestTable known = new DigestTable(0);
  private final Digest digest = new Digest();
  private final Map<String, Set<String>> scanned = new TreeMap<>();
  private final List<String> batch = new ArrayList<>();

  private final NamedDocuments documents = new NamedDocuments();
  private final EarlierReads earlier;
  private long asked;

  /**
   * With what the searches brought in the spool.
   *
   * @param scope whose resources are kept
   */
  public Hydration(
      CrawlSettings settings,
      Spool spool,
      ReadsById reads,
      CrawlFigures figures,
      CohortScope scope) {
    this.settings = settings;
    this.spool = spool;
    this.reads = reads;
    this.figures = figures;
    this.scope = scope;
    this.earlier = new EarlierReads(scope, figures, documents, holders, this::isNew);
  }

  private boolean isNew(String reference) {
    return known.add(digest.of(reference));
  }

  /**
   * What earlier crawls or exports fetched by reference: lately enough, so that it is not fetched
   * again; or so long ago that it is, whether something refers to it still or not. The resource of
   * a patient who is not in the cohort any more is fetched again at once: it has moved to another
   * patient with a merge, or does not belong here any more.
   *
   * @param before the time of this crawl or export
   * @param now from which the age counts
   */
  public void earlier(IndexFolder folder, String group, Instant before, Instant now) {
    long from = now.minus(settings.referenceMaxAge()).toEpochMilli();
    for (String type : wanted()) {
      Optional<CrawlIndex> newest = folder.newest(type, group, before);
      // If that does not show what bronze has, all of it is fetched again. Servers give their
      // time in whole seconds: with an age of 0 a crawl just before is not "lately".
      boolean never = settings.referenceMaxAge().isZero() || newest.isEmpty();
      newest
          .or(() -> folder.last(type, group, before))
          .ifPresent(
              index ->
                  index.read(seen -> earlier.take(type, seen, !never && seen.readAt() >= from)));
    }
  }

  /** A document of which no index tells: it is read again, unless something names it. */
  public void lost(String type, String id) {
    earlier.lost(type + "/" + id);
  }

  /** Whether a patient who left is in another group. */
  public boolean isElsewhere(String patient) {
    return scope.isElsewhere(patient);
  }

  /** What the index is to tell of a resource that was not read again. */
  public CrawlIndex.Seen carried(String type, CrawlIndex.Seen seen) {
    return type.equals(RawDocument.BINARY) ? documents.carried(seen) : seen;
  }

  /** What came without a search or a read, and is not fetched. */
  public void had(String type, String id) {
    known.add(digest.of(type + "/" + id));
  }

  /** Fetches until nothing new is named, and then what only earlier crawls had named. */
  public void run() {
    run(naming -> {});
  }

  /**
   * The same.
   *
   * @param named gives references of what did not come through the spool
   */
  public void run(Consumer<Consumer<String>> named) {
    spool.roll();
    wanted().forEach(this::received);
    named.accept(this::exported);
    flush();
    boolean more = true;
    while (more) {
      spool.roll();
      long before = asked;
      spool.types().forEach(this::references);
      flush();
      more = asked > before;
      if (!more && earlier.takeStale(this::add)) {
        flush();
        more = true;
      }
    }
    earlier.leaversDocuments(this::leave);
  }

  /** Unless a resource of another patient points to the document, too. */
  private void leave(String document, String patient) {
    if (isNew(document)) {
      figures.read(RawDocument.BINARY, CrawlFigures.Reading.OUTSIDE);
      spool.append(RawDocument.BINARY, SpoolRecord.outside(ReadById.of(document), patient));
    }
  }

  /** The documents that resources point to, those that were left by an earlier crawl first. */
  public List<ReadById> documents(List<HeldDocument> leftBefore) {
    List<HeldDocument> left = settings.attachments().enabled() ? leftBefore : List.of();
    return documents.inOrder(left, this::isWanted);
  }

  /** Nothing points to it any more: it is fetched, unless its patient has left. */
  private boolean isWanted(HeldDocument left) {
    boolean isNew = isNew(RawDocument.BINARY + "/" + left.id());
    boolean out = !left.patient().isEmpty() && !scope.has(left.patient());
    if (isNew && out) {
      figures.read(RawDocument.BINARY, CrawlFigures.Reading.OUTSIDE);
    }
    return isNew && !out;
  }

  /** The types that are fetched by reference. */
  public Set<String> wanted() {
    return settings.byReference();
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
            holders.read(type + "/" + record.subject());
          }
          for (Entry entry : record.entries()) {
            if (entry.whole()) {
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
              if (!scope.excludes(record.namedFor())) {
                record.references().forEach(named -> add(named, record.patient()));
              }
            });
    done.addAll(read);
  }

  /** What an export names: "Type/id", a tab, and the patient whose resource names it, if any. */
  private void exported(String line) {
    int tab = line.lastIndexOf('\t');
    add(line.substring(0, tab), line.substring(tab + 1));
  }

  private void add(String reference, String patient) {
    int blank = reference.indexOf(' ');
    boolean first = isNew(blank < 0 ? reference : reference.substring(0, blank));
    boolean document = NamedDocuments.isDocument(reference);
    if (!first && document) {
      documents.again(reference, patient);
    }
    if (!first && !holders.moved(reference, patient)) {
      return;
    }
    if (References.isElsewhere(reference)) {
      figures.read(RawDocument.BINARY, CrawlFigures.Reading.ELSEWHERE);
      return;
    }
    asked++;
    if (document) {
      documents.add(reference, patient);
      return;
    }
    batch.add(reference);
    if (batch.size() >= BATCH) {
      flush();
    }
  }

  private void flush() {
    List<ReadById> now =
        batch.stream().map(one -> ReadById.of(one).ofLeaver(earlier.leaver(one))).toList();
    batch.clear();
    reads.run(now);
  }
}
