package io.epicfhir.extract.crawl.spool;

import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.index.CrawlIndex;

/**
 * One read.
 *
 * @param accept a document's media type
 * @param seen what the last crawl had found by a search or the last export had held, and this one
 *     has not; null for a read by reference
 * @param holder the patient whose resource refers to a document; else empty
 */
public record ReadById(String type, String id, String accept, CrawlIndex.Seen seen, String holder) {
  public static ReadById of(String reference) {
    int slash = reference.indexOf('/');
    int blank = reference.indexOf(' ');
    int end = blank < 0 ? reference.length() : blank;
    String accept = blank < 0 ? PageFetch.ANY_TYPE : reference.substring(blank + 1);
    return new ReadById(
        reference.substring(0, slash), reference.substring(slash + 1, end), accept, null, "");
  }

  /** The same, of a document of this patient. */
  public ReadById heldBy(String patient) {
    return new ReadById(type, id, accept, seen, patient);
  }

  /** To confirm a deletion. */
  public static ReadById confirming(String type, CrawlIndex.Seen seen) {
    return new ReadById(type, seen.id(), "", seen, "");
  }

  public boolean confirms() {
    return seen != null;
  }
}
