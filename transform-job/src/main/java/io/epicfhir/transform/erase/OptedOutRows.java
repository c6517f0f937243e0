package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Keeps those on the list of opt-outs out of the tables where bronze is older than the list: an
 * export that landed before the erasure and came back, with a backup for instance. What landed
 * later was compared with the list before it landed; and a landing that was looked at once is known
 * by its files, because any run may read any of them again. Those whose erasure may still be
 * refused stay: this would carry it out.
 */
public final class OptedOutRows {
  private final Lake lake;
  private final OptOutList list;

  /** Of a lake. */
  public OptedOutRows(Lake lake) {
    this.lake = lake;
    this.list = new OptOutList(lake);
  }

  /**
   * Removes them from bronze; the caller holds the lock of the tables.
   *
   * @return how many rows went, or Bundles of deletions lost entries
   */
  public long remove() {
    Optional<Instant> changed = list.changedAt();
    if (list.settled().isEmpty() || changed.isEmpty()) {
      return 0; // a list that was lost is an error, not an empty one
    }
    CleanLandings clean = CleanLandings.read(lake);
    Set<String> older = new TreeSet<>();
    for (Landing landing : new Landings(lake).all()) {
      if (!isAfter(landing, changed.get()) && !clean.has(landing)) {
        older.add(landing.exportId());
      }
    }
    return older.isEmpty() ? 0 : remove(older, changed.get(), clean);
  }

  private long remove(Set<String> older, Instant changed, CleanLandings clean) {
    long rows = 0;
    Set<String> looked = Set.of();
    Set<String> learned;
    do {
      OptOuts optOuts = list.settled();
      if (optOuts.isEmpty()) {
        return rows;
      }
      BronzeErasure erasure = new BronzeErasure(lake, new Mentions(Set.of()), optOuts);
      looked = erasure.run(older, changed);
      rows += erasure.rows();
      // What refers to nothing but a resource that went now is known only when all were looked at.
      learned = erasure.learned();
      list.learnSettled(learned);
    } while (!learned.isEmpty());
    clean.with(new Landings(lake).all(), looked).write(lake);
    return rows;
  }

  private static boolean isAfter(Landing landing, Instant moment) {
    return landing.landedAt() != null && landing.landedAt().isAfter(moment);
  }
}
