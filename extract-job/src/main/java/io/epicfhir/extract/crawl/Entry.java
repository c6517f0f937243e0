package io.epicfhir.extract.crawl;

/**
 * One resource of a page.
 *
 * @param kind what it is
 * @param type its resourceType; empty where it has none
 * @param id its id; empty where it has none
 * @param offset where its bytes begin in the page
 * @param length how many they are
 */
record Entry(Kind kind, String type, String id, int offset, int length) {
  /** What an entry is. */
  enum Kind {
    /** A resource that was asked for, or came along. */
    RESOURCE,
    /** A resource that the server left parts out of, and says so. */
    SUBSETTED,
    /** An OperationOutcome without an error. */
    WARNING,
    /** An OperationOutcome with an error. */
    ERROR,
    /** An attachment that came as it is, and not as a Binary. */
    RAW
  }

  Entry at(int place) {
    return new Entry(kind, type, id, place, length);
  }
}
