package io.epicfhir.transform.fhirpath;

import org.hl7.fhir.utilities.SourceLocation;

/** Refuses a FHIRPath expression: what is wrong, and where in its text. */
public final class PathException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PathException(String problem) {
    super(problem);
  }

  PathException(String problem, SourceLocation at) {
    super(
        at == null
            ? problem
            : problem + " (line " + at.getLine() + ", column " + at.getColumn() + ")");
  }
}
