package io.epicfhir.transform.erase;

import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Keeps those on the list of opt-outs out of the tables where bronze is older than the list: an
 * export that landed before the erasure and came back, with a backup for instance. What landed
 * later was compared with the list before it landed.
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
   * @param read the landings that are about to be read; asked only where there is a list
   * @return how many rows went, or Bundles of deletions lost entries
   */
  public long remove(Supplier<Collection<Landing>> read) {
    Optional<Instant> changed = list.changedAt();
    if (changed.isEmpty()) {
      return 0;
    }
    Set<String> older =
        read.get().stream()
            .filter(landing -> !isAfter(landing, changed.get()))
            .map(Landing::exportId)
            .collect(Collectors.toSet());
    OptOuts optOuts = older.isEmpty() ? OptOuts.NONE : list.load();
    return optOuts.isEmpty()
        ? 0
        : new BronzeErasure(lake, new Mentions(Set.of()), optOuts).run(older);
  }

  private static boolean isAfter(Landing landing, Instant moment) {
    return landing.landedAt() != null && landing.landedAt().isAfter(moment);
  }
}
