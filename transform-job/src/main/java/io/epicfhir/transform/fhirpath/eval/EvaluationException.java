package io.epicfhir.transform.fhirpath.eval;

/** A resource does not fit an expression. The message holds nothing of the resource. */
public final class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Problem problem;

  EvaluationException(Problem problem, String message) {
    super(message, null, false, false);
    this.problem = problem;
  }

  /**
   * The loops of a view give too many rows of one resource.
   *
   * @param most values, which is rows by columns
   */
  public static EvaluationException tooManyRows(int most) {
    return new EvaluationException(
        Problem.TOO_MANY_ROWS,
        "a view may give at most "
            + most
            + " values (rows × columns) per resource, and this resource gives more; exclude it"
            + " with where, or write a separate view for each of the lists that are crossed");
  }

  /** What kind it is. */
  public Problem problem() {
    return problem;
  }
}
