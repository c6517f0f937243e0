package io.epicfhir.extract.crawl;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** What a crawl counts while it runs; for all of its threads. */
final class CrawlFigures {
  final LongAdder pages = new LongAdder();
  final LongAdder resources = new LongAdder();
  final LongAdder bytes = new LongAdder();
  final LongAdder restarts = new LongAdder();
  final LongAdder hydrated = new LongAdder();
  final LongAdder unresolved = new LongAdder();
  final LongAdder attachmentsLeft = new LongAdder();
  private final Map<String, LongAdder> codes = new ConcurrentHashMap<>();

  /** Counts a page, from the server or from an earlier try's spool. */
  void took(SpoolRecord record) {
    record.codes().forEach(c -> codes.computeIfAbsent(c.code(), k -> new LongAdder()).increment());
  }

  void page(SpoolRecord record) {
    pages.increment();
    resources.add(record.entries().size());
    bytes.add(record.body().length);
    took(record);
  }

  /** How often the server said what. */
  Map<String, Long> outcomes() {
    Map<String, Long> sums = new TreeMap<>();
    codes.forEach((code, count) -> sums.put(code, count.sum()));
    return sums;
  }
}
