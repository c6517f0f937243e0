package io.epicfhir.transform.lookups;

/** A lookup's file that cannot be used; the message names it and, where it is known, the line. */
public final class LookupRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param line from 1; 0 where it is not known
   */
  LookupRefused(String file, int line, String problem) {
    super(file + (line > 0 ? ":" + line : "") + ": " + problem);
  }
}
