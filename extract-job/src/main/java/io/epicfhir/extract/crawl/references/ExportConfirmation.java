package io.epicfhir.extract.crawl.references;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.index.KnownResources;
import io.epicfhir.extract.crawl.reads.AbsentResources;
import io.epicfhir.extract.crawl.reads.ReadsById;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.ReadById;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Reads by its id what earlier exports had and a full export lacks, where the export does not hold
 * all there is of the type: only the server's word that it has no such resource makes a deletion.
 * So many reads are made at most. What was never read comes first, then what was read longest ago;
 * the rest waits for the next export.
 */
final class ExportConfirmation {
  private static final Comparator<ReadById> ORDER =
      Comparator.comparingLong((ReadById read) -> read.seen().readAt())
          .thenComparing(ReadById::type)
          .thenComparing(ReadById::id);

  private final CrawlSettings settings;
  private final Spool spool;
  private final IndexFolder index;
  private final ExportedResources exported;
  private final PriorityQueue<ReadById> next = new PriorityQueue<>(ORDER.reversed());
  private final Map<String, Long> unread = new TreeMap<>();
  private final long staleBefore;

  ExportConfirmation(
      CrawlSettings settings, Spool spool, IndexFolder index, ExportedResources exported) {
    this.settings = settings;
    this.spool = spool;
    this.index = index;
    this.exported = exported;
    Duration maxAge = settings.referenceMaxAge();
    // With 0 nothing counts as read lately, not even what was read in the same second.
    this.staleBefore =
        maxAge.isZero() ? Long.MAX_VALUE : Instant.now().minus(maxAge).toEpochMilli();
  }

  /**
   * Reads what is absent.
   *
   * @return by type, what is left to the next export, without what was read lately
   */
  Map<String, Long> run(ReadsById reads, BulkHydration.Export export) {
    spool.roll();
    AbsentResources absent = new AbsentResources(spool, exported);
    long most = settings.maxConfirmations() - readBefore(export);
    for (String type : export.toConfirm()) {
      absent.find(
          type,
          known(index, settings, type, export),
          seen -> seen.lost() || seen.search().equals(CrawlIndex.EXPORT),
          seen -> add(ReadById.confirming(type, seen), most));
    }
    reads.run(next.stream().sorted(ORDER).toList());
    return unread;
  }

  /**
   * What the group's exports had of a type. Of a type that is never read by reference bronze alone
   * shows that an export had it, so that an index need not be there.
   */
  static KnownResources known(
      IndexFolder index, CrawlSettings settings, String type, BulkHydration.Export export) {
    KnownResources known = index.known(type, export.group(), export.before());
    return settings.hydrate().contains(type) ? known : known.fromExports();
  }

  /** What an earlier try of this export has read counts, so that a crash leaves the bound as is. */
  private long readBefore(BulkHydration.Export export) {
    long[] read = new long[1];
    for (String type : spool.types()) {
      if (export.toConfirm().contains(type)) {
        spool.read(
            type,
            false,
            record ->
                read[0] += record.confirms() && record.end() != SpoolRecord.End.REFUSED ? 1 : 0);
      }
    }
    return read[0];
  }

  private void add(ReadById read, long most) {
    next.add(read);
    if (next.size() > most) {
      ReadById left = next.remove();
      if (left.seen().readAt() < staleBefore) {
        unread.merge(left.type(), 1L, Long::sum);
      }
    }
  }
}
