package io.epicfhir.extract.crawl;

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
final class Confirmation {
  /** Some 20 bytes each in memory. */
  private static final long MOST_IDS = 3_000_000;

  private final Spool spool;
  private final IndexFolder index;
  private final Expectations expectations;
  private final int most;
  private final List<ReadsById.Read> missing = new ArrayList<>();
  private final List<ReadsById.Read> confirmedBefore = new ArrayList<>();
  private final Map<String, Long> counts = new TreeMap<>();

  /**
   * @param most resources that may be read because no search finds them any more
   */
  Confirmation(Spool spool, IndexFolder index, Expectations expectations, int most) {
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
  Map<String, Long> run(ReadsById reads, String group, Instant startedAt) {
    spool.roll();
    for (String type : index.types()) {
      find(type, index.known(type, group, startedAt));
    }
    reads.run(confirmedBefore);
    boolean beyond = counts.values().stream().mapToLong(n -> n).sum() > most;
    if (!beyond) {
      reads.run(missing);
    }
    return beyond ? counts : Map.of();
  }

  private void find(String type, KnownResources known) {
    boolean spooled = spool.types().contains(type);
    long[] all = new long[1];
    if (spooled) {
      spool.read(type, false, record -> all[0] += record.entries().size());
    }
    int parts = (int) (all[0] / MOST_IDS) + 1;
    for (int part = 0; part < parts; part++) {
      Readings readings = new Readings(part, parts);
      if (spooled) {
        spool.read(type, false, record -> answered(readings, record));
      }
      known.read(seen -> missing(type, readings, seen));
    }
  }

  private static void answered(Readings readings, SpoolRecord record) {
    if (record.gone() && readings.mine(record.subject())) {
      readings.gone(record.subject());
    }
    for (Entry entry : record.entries()) {
      if (!entry.id().isEmpty() && readings.mine(entry.id())) {
        readings.read(entry.id(), entry.whole(), 1);
      }
    }
  }

  private void missing(String type, Readings readings, CrawlIndex.Seen seen) {
    boolean open =
        readings.mine(seen.id())
            && !readings.seen(seen.id())
            && !readings.isGone(seen.id())
            && (seen.lost() || expectations.wouldSee(seen));
    if (!open) {
      return;
    }
    readings.read(seen.id(), false, 1); // a lost index can name it twice
    ReadsById.Read read = ReadsById.Read.confirming(type, seen);
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
