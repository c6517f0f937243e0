package io.epicfhir.extract.crawl.pages;

import java.util.List;

/**
 * One resource of a page.
 *
 * @param kind what it is
 * @param type its resourceType; empty where it has none
 * @param id its id; empty where it has none
 * @param offset where its bytes begin in the page
 * @param length how many they are
 * @param matched whether the search asked for it; not where it only came along
 * @param patients ids of the patients whom it belongs to; empty where it belongs to nobody, or to
 *     the patient who was asked for
 */
public record Entry(
    Kind kind,
    String type,
    String id,
    int offset,
    int length,
    boolean matched,
    List<String> patients) {
  /** One that was asked for. */
  public Entry(Kind kind, String type, String id, int offset, int length) {
    this(kind, type, id, offset, length, true, List.of());
  }

  /** What an entry is. */
  public enum Kind {
    /** A resource that was asked for, or came along. */
    RESOURCE,
    /** A resource that the server left parts out of, and says so. */
    SUBSETTED,
    /** An OperationOutcome without an error. */
    WARNING,
    /** An OperationOutcome with an error. */
    ERROR,
    /** A document that came as it is, made into a Binary. */
    RAW
  }

  /** Whether it is taken in as it is: a whole resource. */
  public boolean whole() {
    return kind == Kind.RESOURCE || kind == Kind.RAW;
  }

  public Entry at(int place) {
    return new Entry(kind, type, id, place, length, matched, patients);
  }

  /** The same, as one that came along with what was asked for. */
  public Entry included() {
    return new Entry(kind, type, id, offset, length, false, patients);
  }

  /** The same, of these patients. */
  public Entry of(List<String> owners) {
    return new Entry(kind, type, id, offset, length, matched, owners);
  }
}
