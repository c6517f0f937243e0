package io.epicfhir.transform.silver;

import io.epicfhir.common.StateFile;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What silver holds at a commit; kept beside the lake's state, so that a run without news reads no
 * table.
 *
 * @param tableId Delta's id of the table
 * @param deltaVersion the newest commit that changed rows
 * @param identity the commit's own identity
 * @param types by resource type
 * @param changedByOthers the types that somebody else changed and nobody has rebuilt since, with
 *     the reason
 */
public record SilverState(
    String tableId,
    long deltaVersion,
    String identity,
    Map<String, TypeState> types,
    Map<String, String> changedByOthers)
    implements StateFile {
  /** Silver that was never written. */
  public static final SilverState NONE = new SilverState("", -1, "", Map.of(), Map.of());

  /** Keeps the types in order. */
  public SilverState {
    types = Collections.unmodifiableMap(new TreeMap<>(types));
    changedByOthers =
        changedByOthers == null
            ? Map.of()
            : Collections.unmodifiableMap(new TreeMap<>(changedByOthers));
  }

  /** The same with other types that somebody else changed. */
  SilverState changedByOthers(Map<String, String> changed) {
    return new SilverState(tableId, deltaVersion, identity, types, changed);
  }

  /**
   * One resource type.
   *
   * @param rowsLive resources
   * @param tombstones resources that are gone
   * @param contentVersion the newest commit that changed the content of a row
   * @param oldestVersion no row's content is older than this commit: of what was made before, no
   *     row may be left
   * @param bytes of its data files
   */
  public record TypeState(
      long rowsLive, long tombstones, long contentVersion, long oldestVersion, long bytes) {
    /** A type that silver does not have. */
    public static final TypeState NONE = new TypeState(0, 0, -1, -1, 0);

    /** All rows. */
    public long rows() {
      return rowsLive + tombstones;
    }

    TypeState after(SilverCounts counts, long version) {
      long live = counts.live();
      return new TypeState(
          rowsLive + live,
          tombstones + counts.inserted() - live,
          counts.changed() > 0 ? version : contentVersion,
          rows() == 0 ? version : oldestVersion,
          bytes);
    }

    TypeState sized(long size) {
      return new TypeState(rowsLive, tombstones, contentVersion, oldestVersion, size);
    }
  }

  /** What it holds of a type. */
  public TypeState of(String type) {
    return types.getOrDefault(type, TypeState.NONE);
  }
}
