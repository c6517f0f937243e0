package io.epicfhir.transform.fhirpath.eval;

/** A resource does not fit an expression. The message holds nothing of the resource. */
public final class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;

  EvaluationException(Problem problem, String message) {
    super(message, null, false, false);
    this.problem = problem;
  }

  /** What kind it is. */
  public Problem problem() {
    return problem;
  }
}
