package io.epicfhir.common.query;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/** A query that cannot be run as it was asked for. */
public final class QueryRefused extends JobException {
  private static final long serialVersionUID = 1L;

  /**
   * For a person; it holds no value of a parameter.
   *
   * @param about the query's name or file
   */
  public QueryRefused(String about, String problem) {
    super(ExitCode.SETTINGS, "Cannot run the query " + about + ": " + problem);
  }
}
