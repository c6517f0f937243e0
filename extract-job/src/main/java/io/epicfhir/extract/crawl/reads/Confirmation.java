package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.search.Expectations;
import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.ReadById;
import io.epicfhir.extract.crawl.spool.Spool;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads what the last crawl's searches had found and this one's did not, each by its id: only the
 * server's word that it has no such resource makes a deletion. So many reads are made at most;
 * where more would be needed none is made, as a server whose searches find nothing is no reason to
 * delete. What a search had found that the settings changed or removed since comes last, as many as
 * may still be read.
 */
public final class Confirmation {
  private final Spool spool;
  private final IndexFolder index;
  private final Expectations expectations;
  private final int most;
  private final List<ReadById> missing = new ArrayList<>();
  private final List<ReadById> confirmedBefore = new ArrayList<>();
  private final OldestReads otherwise;
  private final Map<String, Long> counts = new TreeMap<>();
  private final Map<String, Long> left = new TreeMap<>();

  public Confirmation(
      CrawlSettings settings, Spool spool, IndexFolder index, Expectations expectations) {
    this.spool = spool;
    this.index = index;
    this.expectations = expectations;
    this.most = settings.maxConfirmations();
    this.otherwise = new OldestReads(settings, most);
  }

  /**
   * Reads what is missing.
   *
   * @param hydration to which documents are left whose index is lost
   */
  public void run(ReadsById reads, Hydration hydration, String group, Instant startedAt) {
    spool.roll();
    AbsentResources absent = new AbsentResources(spool, AbsentResources.ExportedIds.NONE);
    for (String type : index.types()) {
      absent.find(
          type,
          index.known(type, group, startedAt),
          seen -> isToRead(type, seen),
          seen -> missing(type, seen, hydration));
    }
    reads.run(confirmedBefore);
    if (unread().isEmpty()) {
      reads.run(missing);
      List<ReadById> last = otherwise.first(most - missing.size());
      last.forEach(read -> left.computeIfPresent(read.type(), (type, n) -> n == 1 ? null : n - 1));
      reads.run(last);
    }
  }

  /** By type, what was not read because it is more than may be; empty where all was. */
  public Map<String, Long> unread() {
    return counts.values().stream().mapToLong(n -> n).sum() > most ? counts : Map.of();
  }

  /** By type, what no search asks for any more and was not read: for lack of numbers, or at all. */
  public Map<String, Long> left() {
    return left;
  }

  private boolean isToRead(String type, CrawlIndex.Seen seen) {
    if (expectations.isAskedNoMore(seen)) {
      left.merge(type, 1L, Long::sum);
    }
    boolean confirmed = seen.confirmed() && !otherwise.isStale(seen.readAt());
    return seen.lost()
        || expectations.wouldSee(seen)
        || (!confirmed && expectations.isAskedOtherwise(seen));
  }

  private void missing(String type, CrawlIndex.Seen seen, Hydration hydration) {
    if (type.equals(RawDocument.BINARY) && seen.lost()) {
      if (hydration.wanted().contains(type)) {
        hydration.lost(type, seen.id()); // no search finds it; within the day's budget of documents
      }
      return;
    }
    ReadById read = ReadById.confirming(type, seen);
    if (expectations.isAskedOtherwise(seen)) {
      left.merge(type, 1L, Long::sum);
      otherwise.add(read);
      return;
    }
    if (seen.confirmed() && !seen.lost()) {
      confirmedBefore.add(read);
      return;
    }
    counts.merge(type, 1L, Long::sum);
    if (missing.size() < most) {
      missing.add(read);
    }
  }
}
