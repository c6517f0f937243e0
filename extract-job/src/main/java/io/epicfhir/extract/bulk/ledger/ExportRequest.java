package io.epicfhir.extract.bulk.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What is asked for.
 *
 * @param since only what changed after it; null for all
 * @param windows searches by date that narrow their types; none in a full export
 * @param windowFrom the day that the widest window begins on; null where there is none
 */
public record ExportRequest(
    String group,
    Instant since,
    List<String> types,
    List<String> typeFilters,
    List<String> windows,
    Instant windowFrom) {
  /** Files that were written before a component was there say nothing of it. */
  public ExportRequest {
    types = List.copyOf(types);
    typeFilters = List.copyOf(typeFilters);
    windows = windows == null ? List.of() : List.copyOf(windows);
  }

  /** Whether another request's export serves as well; windows overlap, whatever their day. */
  public boolean isServedBy(ExportRequest other) {
    return group.equals(other.group)
        && Objects.equals(since, other.since)
        && types.equals(other.types)
        && typeFilters.equals(other.typeFilters)
        && windows.size() == other.windows.size();
  }

  /** Whether another request is by the same settings, whatever its time. */
  public boolean isBySettingsOf(ExportRequest other) {
    return types.equals(other.types) && typeFilters.equals(other.typeFilters);
  }

  /** Every search that narrows a type. */
  public List<String> searches() {
    List<String> all = new ArrayList<>(typeFilters);
    all.addAll(windows);
    return all;
  }

  /**
   * Whether all is asked for that the group has of each type. A name that begins with "is" would
   * make it a part of the state files.
   */
  public boolean full() {
    return since == null && windows.isEmpty();
  }
}
