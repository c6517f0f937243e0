package io.epicfhir.transform.sqlviews;

/** A SQLView that cannot be used; the message names the file and, where it is known, the line. */
public final class SqlRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param line from 1; 0 where it is not known
   */
  public SqlRefused(String file, int line, String problem) {
    super(file + (line > 0 ? ":" + line : "") + ": " + problem);
  }
}
