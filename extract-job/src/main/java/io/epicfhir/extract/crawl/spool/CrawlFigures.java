package io.epicfhir.extract.crawl.spool;

import io.epicfhir.extract.crawl.index.HeldDocument;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;

/** What a crawl counts while it runs; for all of its threads. */
public final class CrawlFigures {
  public final LongAdder pages = new LongAdder();
  public final LongAdder resources = new LongAdder();
  final LongAdder bytes = new LongAdder();
  public final LongAdder restarts = new LongAdder();
  public final LongAdder hydrated = new LongAdder();
  public final LongAdder attachmentsTooLong = new LongAdder();
  public final LongAdder rawAttachments = new LongAdder();
  public final LongAdder documents = new LongAdder();
  private final Map<String, LongAdder> codes = new ConcurrentHashMap<>();
  private final Map<Reading, Map<String, LongAdder>> reads = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> lately = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<HeldDocument> left = new ConcurrentLinkedQueue<>();
  private volatile boolean serverEndedDay;

  /** How a read by id ended. */
  public enum Reading {
    /** The resource came. */
    GOT,
    /** The server does not have it. */
    GONE,
    /** What it names is under another id, or its address leads to no document of this server. */
    ELSEWHERE,
    /** The application may not see it. */
    FORBIDDEN,
    /** The server refused it for another reason. */
    REFUSED,
    /** It was to confirm a deletion, and does not show whether the resource is there. */
    UNCONFIRMED,
    /** The resource came, and is a patient's who is not in the cohort. */
    OUTSIDE
  }

  /** Counts a page, from the server or from an earlier try's spool. */
  public void took(SpoolRecord record) {
    record.codes().forEach(c -> codes.computeIfAbsent(c.code(), k -> new LongAdder()).increment());
  }

  public void page(SpoolRecord record) {
    pages.increment();
    resources.add(record.entries().size());
    bytes.add(record.body().length);
    took(record);
  }

  /** How often the server said what. */
  public Map<String, Long> outcomes() {
    return sums(codes);
  }

  /** A read of the type ended so. */
  public void read(String type, Reading how) {
    reads
        .computeIfAbsent(how, k -> new ConcurrentHashMap<>())
        .computeIfAbsent(type, k -> new LongAdder())
        .increment();
  }

  /** What an earlier try has read counts as if it had been read now. */
  public void readBefore(Spool spool) {
    spool.load(this::took);
    for (String type : spool.types()) {
      spool.read(type, false, Set.of(), record -> readBefore(type, record));
    }
  }

  /** A read of an earlier try; one that was refused is asked again. */
  private void readBefore(String type, SpoolRecord record) {
    if (record.confirms()) {
      return;
    }
    if (record.end() == SpoolRecord.End.LAST) {
      boolean itself = record.entries().stream().anyMatch(e -> e.id().equals(record.subject()));
      read(type, itself ? Reading.GOT : Reading.ELSEWHERE);
    } else if (record.end() == SpoolRecord.End.GONE) {
      read(type, record.gone() ? Reading.GONE : Reading.FORBIDDEN);
    } else if (record.outside()) {
      read(type, Reading.OUTSIDE);
    }
  }

  /** Reads that ended so, by type. */
  public Map<String, Long> reads(Reading how) {
    return sums(reads.getOrDefault(how, Map.of()));
  }

  /** By type, what others refer to and the server does not have, or has under no such address. */
  public Map<String, Long> unresolved() {
    Map<String, Long> unresolved = reads(Reading.GONE);
    reads(Reading.ELSEWHERE).forEach((type, n) -> unresolved.merge(type, n, Long::sum));
    return unresolved;
  }

  /** An earlier crawl read one of the type not long ago, so this one does not. */
  public void readLately(String type) {
    lately.computeIfAbsent(type, k -> new LongAdder()).increment();
  }

  /** By type, how many were read not long ago and are not read again. */
  public Map<String, Long> readLately() {
    return sums(lately);
  }

  /** The types of which nothing can be read, and how many reads were refused. */
  public Map<String, Long> unreadable() {
    Map<String, Long> types = reads(Reading.FORBIDDEN);
    types.keySet().removeAll(lately.keySet());
    types.keySet().removeAll(reads(Reading.GOT).keySet());
    types.keySet().removeAll(reads(Reading.GONE).keySet());
    types.keySet().removeAll(reads(Reading.OUTSIDE).keySet());
    types.keySet().removeAll(reads(Reading.ELSEWHERE).keySet());
    return types;
  }

  /** The server refused further documents because its own limit of a day was reached. */
  public void serverEndedDay() {
    serverEndedDay = true;
  }

  /** Whether the server's own limit of documents a day was reached. */
  public boolean hasServerEndedDay() {
    return serverEndedDay;
  }

  /** A document that is fetched by the next crawl. */
  public void leftForTomorrow(ReadById document) {
    left.add(document.document());
  }

  /** The documents that the next crawl fetches. */
  public List<HeldDocument> leftForTomorrow() {
    return List.copyOf(left);
  }

  private static Map<String, Long> sums(Map<String, LongAdder> adders) {
    Map<String, Long> sums = new TreeMap<>();
    adders.forEach((key, count) -> sums.put(key, count.sum()));
    return sums;
  }
}
