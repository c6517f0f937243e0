package io.epicfhir.extract.crawl.landing;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.spool.SpoolRecord;

/** What the index notes of a resource that was taken in: how it was found, and its content. */
final class IndexEntry {
  private IndexEntry() {}

  static CrawlIndex.Seen of(SpoolRecord record, Entry entry, Digest content) {
    boolean confirmed = record.confirms() && record.subject().equals(entry.id());
    return new CrawlIndex.Seen(
        entry.id(),
        patient(record, confirmed),
        search(record, confirmed),
        content.high(),
        content.low(),
        record.readAt(),
        confirmed,
        record.mediaType());
  }

  private static String patient(SpoolRecord record, boolean confirmed) {
    if (record.broughtBySearch()) {
      return record.foundFor();
    }
    return record.aside() || (record.confirms() && !confirmed) ? "" : record.patient();
  }

  private static String search(SpoolRecord record, boolean confirmed) {
    if (record.broughtBySearch()) {
      return CrawlIndex.Seen.beside(record.foundBy());
    }
    if (record.byReference()) {
      return confirmed ? record.foundBy() : "";
    }
    return record.aside() ? "" : record.search();
  }
}
