package io.epicfhir.transform.fhirpath.eval;

/**
 * Stands in for the list of a repeat whose elements lie deeper in each other than the parser
 * follows them: only who asks for the list is refused.
 */
public record TooDeep(int levels) {
  EvaluationException refusal() {
    return new EvaluationException(
        Problem.TOO_DEEP,
        "repeat follows elements down to "
            + levels
            + " levels, and the resource has more; take this resource out, or read fewer levels"
            + " with forEach");
  }
}
