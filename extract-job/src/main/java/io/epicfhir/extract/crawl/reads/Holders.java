package io.epicfhir.extract.crawl.reads;

import io.epicfhir.extract.crawl.index.Digest;
import io.epicfhir.extract.crawl.index.DigestTable;

/**
 * Whose resources were when they were read by reference. Where what refers to one belongs to
 * another patient now, because patients were merged or a record was moved, the one moved too.
 */
final class Holders {
  private final DigestTable known = new DigestTable(0);
  private final DigestTable pairs = new DigestTable(0);
  private final DigestTable read = new DigestTable(0);
  private final Digest digest = new Digest();

  /**
   * A resource was a patient's.
   *
   * @param reference as "Type/id"
   * @param patient empty where it was nobody's
   */
  void add(String reference, String patient) {
    if (!patient.isEmpty()) {
      known.add(digest.of(reference));
      pairs.add(digest.of(reference + "\n" + patient));
    }
  }

  /** A resource was read just now: whose it is is known. */
  void read(String reference) {
    read.add(digest.of(reference));
  }

  /**
   * Whether it seems to have moved to another patient: true once.
   *
   * @param patient whose resource refers to it; empty where that is nobody's
   */
  boolean moved(String reference, String patient) {
    return !patient.isEmpty()
        && known.find(digest.of(reference)) >= 0
        && pairs.find(digest.of(reference + "\n" + patient)) < 0
        && read.add(digest.of(reference));
  }
}
