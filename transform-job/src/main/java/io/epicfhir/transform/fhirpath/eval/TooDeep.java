package io.epicfhir.transform.fhirpath.eval;

/**
 * Stands in for the list of a repeat whose elements lie deeper in each other than the parser
 * follows them, or that reaches more of them than the resource has: only who asks for the list is
 * refused.
 *
 * @param levels how deep they are followed; 0 where there are too many
 */
public record TooDeep(int levels) {
  EvaluationException refusal() {
    if (levels == 0) {
      return new EvaluationException(
          Problem.TOO_MANY_ROWS,
          "the paths of repeat reach the same elements more than once; use paths that do not lead"
              + " into each other");
    }
    return new EvaluationException(
        Problem.TOO_DEEP,
        "repeat follows elements to a depth of "
            + levels
            + " levels, and the resource is deeper; exclude it with where, or read fewer levels"
            + " with forEach");
  }
}
