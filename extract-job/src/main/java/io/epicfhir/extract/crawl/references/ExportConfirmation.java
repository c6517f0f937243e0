package io.epicfhir.extract.crawl.references;

import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.reads.AbsentResources;
import io.epicfhir.extract.crawl.reads.Hydration;
import io.epicfhir.extract.crawl.reads.OldestReads;
import io.epicfhir.extract.crawl.reads.ReadsById;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.ReadById;
import io.epicfhir.extract.crawl.spool.Spool;
import io.epicfhir.extract.crawl.spool.SpoolRecord;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads by its id what earlier exports had and a full export lacks, where the export does not hold
 * all there is of the type, and where it is not known how something came, as its index is lost:
 * only the server's word that it has no such resource makes a deletion. So many reads are made at
 * most. What was never read comes first, then what was read longest ago; the rest waits for the
 * next export.
 */
final class ExportConfirmation {
  private final CrawlSettings settings;
  private final Spool spool;
  private final EarlierResources earlier;
  private final ExportedResources exported;

  ExportConfirmation(
      CrawlSettings settings, Spool spool, EarlierResources earlier, ExportedResources exported) {
    this.settings = settings;
    this.spool = spool;
    this.earlier = earlier;
    this.exported = exported;
  }

  /**
   * Reads what is absent.
   *
   * @return by type, what is left to the next export, without what was read lately
   */
  Map<String, Long> run(ReadsById reads, Hydration hydration, BulkHydration.Export export) {
    spool.roll();
    AbsentResources absent = new AbsentResources(spool, exported);
    long most = settings.maxConfirmations() - readBefore();
    OldestReads next = new OldestReads(settings, most);
    Set<String> types = new TreeSet<>(export.toConfirm());
    earlier.types().stream()
        .filter(type -> hydration.wanted().contains(type) && earlier.isLost(type))
        .forEach(types::add);
    for (String type : types) {
      absent.find(
          type,
          earlier.of(type),
          seen -> isToRead(type, seen, export, next),
          seen -> {
            if (type.equals(RawDocument.BINARY) && seen.lost()) {
              hydration.lost(type, seen.id()); // within the day's budget of documents
            } else {
              next.add(ReadById.confirming(type, seen));
            }
          });
    }
    reads.run(next.first(most));
    return export.full() ? next.left() : Map.of();
  }

  /** An export of changes does not lack what did not change; what is lost is read now and then. */
  private static boolean isToRead(
      String type, CrawlIndex.Seen seen, BulkHydration.Export export, OldestReads reads) {
    return seen.lost()
        ? export.full() || reads.isStale(seen.readAt())
        : export.toConfirm().contains(type) && seen.search().equals(CrawlIndex.EXPORT);
  }

  /** What an earlier try of this export has read counts, so that a crash leaves the bound as is. */
  private long readBefore() {
    long[] read = new long[1];
    for (String type : spool.types()) {
      spool.read(
          type,
          false,
          record ->
              read[0] += record.confirms() && record.end() != SpoolRecord.End.REFUSED ? 1 : 0);
    }
    return read[0];
  }
}
