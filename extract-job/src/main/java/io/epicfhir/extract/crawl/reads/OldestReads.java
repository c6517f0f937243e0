package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.settings.CrawlSettings;
import io.epicfhir.extract.crawl.spool.ReadById;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Reads that confirm, of which only so many are made: those that were never made come first, then
 * those that were made longest ago; the rest waits for the next time.
 */
public final class OldestReads {
  private static final Comparator<ReadById> ORDER =
      Comparator.comparingLong((ReadById read) -> read.seen().readAt())
          .thenComparing(ReadById::type)
          .thenComparing(ReadById::id);

  private final long most;
  private final long staleBefore;
  private final PriorityQueue<ReadById> next = new PriorityQueue<>(ORDER.reversed());
  private final Map<String, Long> left = new TreeMap<>();

  /**
   * @param most that are remembered
   */
  public OldestReads(CrawlSettings settings, long most) {
    Duration maxAge = settings.referenceMaxAge();
    this.most = most;
    // With 0 nothing counts as read lately, not even what was read in the same second.
    this.staleBefore =
        maxAge.isZero() ? Long.MAX_VALUE : Instant.now().minus(maxAge).toEpochMilli();
  }

  /** Whether something was read so long ago that it is read again. */
  public boolean isStale(long readAt) {
    return readAt < staleBefore;
  }

  /** One more that is to be made. */
  public void add(ReadById read) {
    next.add(read);
    leave(most);
  }

  /** Those that are made, so many at most. */
  public List<ReadById> first(long number) {
    leave(number);
    return next.stream().sorted(ORDER).toList();
  }

  private void leave(long number) {
    while (next.size() > Math.max(0, number)) {
      ReadById one = next.remove();
      if (isStale(one.seen().readAt())) {
        left.merge(one.type(), 1L, Long::sum);
      }
    }
  }

  /** By type, those that are not made, without those that were made lately. */
  public Map<String, Long> left() {
    return left;
  }
}
