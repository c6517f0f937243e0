package io.epicfhir.sandbox.lines;

/** What finds a resource. */
public enum Reach {
  /** Searches, exports and reads. */
  SEARCH,
  /** Reads, and searches for its _id. */
  BY_ID,
  /** Reads. */
  READ_ONLY
}
