package io.epicfhir.transform.fhirpath.eval;

/** Why a resource does not fit a view. */
public enum Problem {
  /** A path gave several values where one is needed. */
  MANY_VALUES,
  /** The operator = was given two lists. */
  TWO_LISTS,
  /** A text of the resource is used as a regular expression, and is none. */
  NO_PATTERN,
  /** Elements lie in each other deeper than repeat follows them. */
  TOO_DEEP,
  /** The loops of the view give more rows than are kept for a resource. */
  TOO_MANY_ROWS,
  /** The resource is not a JSON object. */
  NOT_JSON,
  /** The evaluation failed otherwise; the message has the exception's class. */
  FAILED
}
