package io.epicfhir.extract.preflight;

/**
 * One line of the table.
 *
 * @param what was tried
 * @param state how it went
 * @param says what was found, and what to do where it does not work
 */
public record Finding(String what, State state, String says) {
  /** How a try went. */
  public enum State {
    /** It works. */
    WORKS,
    /** It works in part, or not, and the pipeline can do without. */
    LIMITED,
    /** It does not work, and the pipeline needs it. */
    FAILS,
    /** It could not be tried, which is not the same as working. */
    NOT_TRIED;

    /** As the table writes it. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
  }
}
