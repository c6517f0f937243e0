package io.epicfhir.extract.crawl.index;

/**
 * What is known of a document beside its content, which says none of it.
 *
 * @param patient whose resource points to it; empty where that is nobody's, or not known
 * @param mediaType by what points to it, or as it was read once; empty where that is not known
 */
public record HeldDocument(String id, String patient, String mediaType) {
  private static final String SEPARATOR = "\t";

  /** Of a line; an older version wrote the id only. */
  static HeldDocument of(String line) {
    String[] parts = line.split(SEPARATOR, -1);
    return new HeldDocument(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  String line() {
    return String.join(SEPARATOR, id, patient, mediaType);
  }
}
