package io.epicfhir.extract.crawl;

import java.util.List;

/**
 * What a page or a resource holds, by its places in the bytes.
 *
 * @param content as the server sent them
 * @param entries in order
 * @param next the link to the next page; empty on the last one
 * @param references "Type/id" of each resource that must be fetched by reference, once
 * @param outcomes what OperationOutcomes among the entries say
 */
record Page(
    Bytes content,
    List<Entry> entries,
    String next,
    List<String> references,
    List<OutcomeCode> outcomes) {

  byte[] bytes() {
    return content.array();
  }

  /** Whether the server says that the search's session is over. */
  boolean expired() {
    return outcomes.stream().anyMatch(o -> o.code().equals(OutcomeCode.EXPIRED));
  }
}
