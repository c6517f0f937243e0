package io.epicfhir.transform.fhirpath.eval;

/**
 * Stands in for the list of a repeat whose elements lie deeper in each other than the parser
 * follows them: only who asks for the list is refused.
 */
public record TooDeep(int levels) {
  EvaluationException refusal() {
    return new EvaluationException(
        Problem.TOO_DEEP,
        "repeat follows elements to a depth of "
            + levels
            + " levels, and the resource is deeper; exclude it with where, or read fewer levels"
            + " with forEach");
  }
}
