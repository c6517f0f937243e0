package io.epicfhir.common.optout;

import java.util.List;

/**
 * Whom a text names. A resource of theirs counts only where the text is about no other patient: a
 * chart that was put right still has its old id.
 */
final class TextNames {
  private static final String PATIENT = "Patient";

  private final Known known;
  private boolean person;
  private boolean theirs;
  private boolean another;

  TextNames(Known known) {
    this.known = known;
  }

  /**
   * Reads a text.
   *
   * @param own the id of the resource that the text is of; it says nothing without its type. Null
   *     where there is none
   */
  TextNames read(byte[] text, int offset, int length, String own) {
    KeyTokens.scan(text, offset, length, (type, ids) -> take(type, ids, own));
    person = person || IdentifierReferences.any(text, offset, length, known::isPersons);
    return this;
  }

  private boolean take(String type, List<String> ids, String own) {
    if (type == null && ids.get(0).equals(own)) {
      return false;
    }
    take(type, known.of(type, ids));
    return false;
  }

  /** Takes in what a name of that type turned out to be. */
  void take(String type, Known.Name name) {
    person |= name == Known.Name.PERSON;
    theirs |= name == Known.Name.THEIRS;
    another |= name == Known.Name.NOBODY && PATIENT.equals(type);
  }

  /** Whether a patient is named who is none of them. */
  boolean another() {
    return another;
  }

  /** Whether the text is about one of them. */
  boolean any() {
    return person || (theirs && !another);
  }
}
