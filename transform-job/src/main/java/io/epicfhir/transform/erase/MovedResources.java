package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import java.io.Serializable;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What became a listed patient's after another patient's record had it, and since when: by the
 * exports' lists of what they kept out, and by silver's tombstones. The lists are there as long as
 * the landings are, so a second try finds what the first one found. Bronze may have it as the other
 * patient's.
 */
final class MovedResources implements Serializable {
  private static final long serialVersionUID = 1L;

  /** By type and hash: when the newest export kept it out. */
  private final HashMap<String, HashMap<String, Instant>> lists = new HashMap<>();

  /** By type and id: when it was gone from silver. */
  private final HashMap<String, Instant> tombstones;

  /** What silver has again as somebody else's. */
  private final HashSet<String> live = new HashSet<>();

  private final HashSet<String> found = new HashSet<>();

  /** Null where there is no key; then no list counts. */
  private final KeyedHashes hasher;

  private MovedResources(Optional<KeyedHashes> hasher, Map<String, Instant> tombstones) {
    this.hasher = hasher.orElse(null);
    this.tombstones = new HashMap<>(tombstones);
  }

  /** None. */
  static MovedResources none() {
    return new MovedResources(Optional.empty(), Map.of());
  }

  /** Those of a lake. */
  static MovedResources of(Lake lake, LakeRows rows) {
    MovedResources moved = new MovedResources(new OptOutList(lake).hasher(), rows.keptOut());
    for (Landing landing : new Landings(lake).all()) {
      if (moved.hasher != null) {
        KeptOut.read(lake, landing).forEach(entry -> moved.add(entry, landing.transactionTime()));
      }
    }
    if (!moved.lists.isEmpty()) {
      moved.live.addAll(rows.live(moved));
      moved.found.addAll(rows.found(moved));
    }
    return moved;
  }

  private void add(String entry, Instant time) {
    lists
        .computeIfAbsent(KeptOut.typeOf(entry), type -> new HashMap<>())
        .merge(KeptOut.hashOf(entry), time, (a, b) -> a.isAfter(b) ? a : b);
  }

  /** Those that bronze or silver has, as {@code Type/id}. */
  Set<String> keys() {
    Set<String> keys = new TreeSet<>(tombstones.keySet());
    keys.addAll(found);
    return keys;
  }

  /** Whether it is one of them, and a version of this time goes, whomever it names. */
  boolean has(String type, String id, Instant time) {
    return gone(type, id).filter(gone -> !time.isAfter(gone)).isPresent();
  }

  /** Whether any version of it goes. */
  boolean has(String type, String id) {
    return gone(type, id).isPresent();
  }

  private Optional<Instant> gone(String type, String id) {
    String key = type + "/" + id;
    if (live.contains(key)) {
      return Optional.empty();
    }
    Map<String, Instant> ofType = lists.get(type);
    Optional<Instant> kept =
        ofType == null ? Optional.empty() : Optional.ofNullable(ofType.get(hasher.of(key)));
    return Stream.concat(kept.stream(), Optional.ofNullable(tombstones.get(key)).stream())
        .max(Comparator.naturalOrder());
  }

  @Override
  public String toString() {
    return "MovedResources[" + found.size() + "]"; // no id where somebody logs it
  }
}
