package io.epicfhir.transform.silver;

/**
 * Of {@link SilverCounts} what is worth a note.
 *
 * @param newcomers ids that silver did not have and that came by an incremental export
 * @param parts resources that are parts only
 * @param capped resources whose last_updated is later than their export
 */
public record NotedCounts(long newcomers, long parts, long capped) {
  /** All zero. */
  public static final NotedCounts NONE = new NotedCounts(0, 0, 0);

  /** Those of a run. */
  public static NotedCounts of(SilverCounts counts) {
    return new NotedCounts(counts.newcomers(), counts.parts(), counts.capped());
  }

  /** The sum. */
  public NotedCounts plus(NotedCounts other) {
    return new NotedCounts(newcomers + other.newcomers, parts + other.parts, capped + other.capped);
  }

  NotedCounts newcomersOnly() {
    return new NotedCounts(newcomers, 0, 0);
  }
}
