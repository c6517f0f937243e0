package io.epicfhir.transform.silver;

/**
 * Of {@link SilverCounts} what only the try that counts it can tell.
 *
 * @param newcomers ids that silver did not have and that came by an incremental export
 * @param parts resources that are parts only
 * @param capped resources whose last_updated is later than their export
 * @param keptOut resources that belong to a patient whose records stay out
 */
public record NotedCounts(long newcomers, long parts, long capped, long keptOut) {
  /** All zero. */
  public static final NotedCounts NONE = new NotedCounts(0, 0, 0, 0);

  /** Those of a run. */
  public static NotedCounts of(SilverCounts counts) {
    return new NotedCounts(counts.newcomers(), counts.parts(), counts.capped(), counts.keptOut());
  }

  /** The sum. */
  public NotedCounts plus(NotedCounts other) {
    return new NotedCounts(
        newcomers + other.newcomers,
        parts + other.parts,
        capped + other.capped,
        keptOut + other.keptOut);
  }

  /** Where all that was read is read again: who was new is known by now, the rest counts again. */
  NotedCounts newcomersOnly() {
    return new NotedCounts(newcomers, 0, 0, 0);
  }

  /** Without what another try counts again of the same. */
  NotedCounts without(NotedCounts again) {
    return new NotedCounts(
        newcomers,
        Math.max(0, parts - again.parts),
        Math.max(0, capped - again.capped),
        Math.max(0, keptOut - again.keptOut));
  }
}
