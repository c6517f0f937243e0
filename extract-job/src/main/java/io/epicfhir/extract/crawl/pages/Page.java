package io.epicfhir.extract.crawl.pages;

import java.util.List;

/**
 * What a page or a resource holds, by its places in the bytes.
 *
 * @param content as the server sent them
 * @param entries in order
 * @param next the link to the next page; empty on the last one
 * @param references "Type/id" of each resource that must be fetched by reference, once; of a
 *     document with the attachment's content type after a space, where it has one
 * @param outcomes what OperationOutcomes inside and beside the entries say, and what is wrong with
 *     the page itself
 * @param total how many matches the search has, by the server; {@link #NO_TOTAL} if it is unknown
 * @param patients of a resource that was asked for by its id: the ids of the patients it belongs to
 */
public record Page(
    Bytes content,
    List<Entry> entries,
    String next,
    List<String> references,
    List<OutcomeCode> outcomes,
    long total,
    List<String> patients) {
  public static final long NO_TOTAL = -1;

  /** A page without a total. */
  public Page(
      Bytes content,
      List<Entry> entries,
      String next,
      List<String> references,
      List<OutcomeCode> outcomes) {
    this(content, entries, next, references, outcomes, NO_TOTAL, List.of());
  }

  /** The same with another link to the next page, and these references. */
  public Page with(String link, List<String> named) {
    return new Page(content, entries, link, named, outcomes, total, patients);
  }

  /** The same, of these patients. */
  Page of(List<String> owners) {
    return new Page(content, entries, next, references, outcomes, total, owners);
  }

  public byte[] bytes() {
    return content.array();
  }

  /** Whether the server says that the search's session is over. */
  public boolean expired() {
    return outcomes.stream().anyMatch(o -> o.code().equals(OutcomeCode.EXPIRED));
  }
}
