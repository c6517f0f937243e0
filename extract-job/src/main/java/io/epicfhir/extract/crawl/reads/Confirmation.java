package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.IndexFolder;
import io.epicfhir.extract.crawl.search.Expectations;
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
 * delete.
 */
public final class Confirmation {
  private final Spool spool;
  private final IndexFolder index;
  private final Expectations expectations;
  private final int most;
  private final List<ReadById> missing = new ArrayList<>();
  private final List<ReadById> confirmedBefore = new ArrayList<>();
  private final Map<String, Long> counts = new TreeMap<>();

  /**
   * @param most resources that may be read because no search finds them any more
   */
  public Confirmation(Spool spool, IndexFolder index, Expectations expectations, int most) {
    this.spool = spool;
    this.index = index;
    this.expectations = expectations;
    this.most = most;
  }

  /**
   * Reads what is missing.
   *
   * @return by type, what was not read because it is more than may be; empty where all was
   */
  public Map<String, Long> run(ReadsById reads, String group, Instant startedAt) {
    spool.roll();
    AbsentResources absent = new AbsentResources(spool, AbsentResources.ExportedIds.NONE);
    for (String type : index.types()) {
      absent.find(
          type,
          index.known(type, group, startedAt),
          seen -> seen.lost() || expectations.wouldSee(seen),
          seen -> missing(type, seen));
    }
    reads.run(confirmedBefore);
    boolean beyond = counts.values().stream().mapToLong(n -> n).sum() > most;
    if (!beyond) {
      reads.run(missing);
    }
    return beyond ? counts : Map.of();
  }

  private void missing(String type, CrawlIndex.Seen seen) {
    ReadById read = ReadById.confirming(type, seen);
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
