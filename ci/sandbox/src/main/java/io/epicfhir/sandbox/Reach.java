package io.epicfhir.sandbox;

/** What finds a resource. */
enum Reach {
  /** Searches, exports and reads. */
  SEARCH,
  /** Reads, and searches for its _id. */
  BY_ID,
  /** Reads. */
  READ_ONLY
}
