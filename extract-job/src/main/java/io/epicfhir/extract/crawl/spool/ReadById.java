package io.epicfhir.extract.crawl.spool;

import io.epicfhir.extract.crawl.fetch.PageFetch;
import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.index.CrawlIndex;
import io.epicfhir.extract.crawl.index.HeldDocument;

/**
 * One read.
 *
 * @param accept a document's media type
 * @param seen what the last crawl had found by a search or the last export had held, and this one
 *     has not; null for a read by reference
 * @param holder the patient whose resource refers to a document; else empty
 * @param leaver the patient whose resource it was, and who is in the cohort no more; else empty
 */
public record ReadById(
    String type, String id, String accept, CrawlIndex.Seen seen, String holder, String leaver) {
  /** Of "Type/id" that is no document. */
  public static ReadById of(String reference) {
    int slash = reference.indexOf('/');
    return new ReadById(
        reference.substring(0, slash),
        reference.substring(slash + 1),
        PageFetch.ANY_TYPE,
        null,
        "",
        "");
  }

  /** Of a document. */
  public static ReadById of(HeldDocument document) {
    String type = document.mediaType().isEmpty() ? PageFetch.ANY_TYPE : document.mediaType();
    return new ReadById(RawDocument.BINARY, document.id(), type, null, document.patient(), "");
  }

  /** The same, of what this patient had. */
  public ReadById ofLeaver(String patient) {
    return new ReadById(type, id, accept, seen, holder, patient);
  }

  /** To confirm a deletion. */
  public static ReadById confirming(String type, CrawlIndex.Seen seen) {
    return new ReadById(type, seen.id(), PageFetch.ANY_TYPE, seen, "", "");
  }

  public boolean confirms() {
    return seen != null;
  }

  /** The document, as it is known before it is read. */
  public HeldDocument document() {
    return new HeldDocument(id, holder, accept.equals(PageFetch.ANY_TYPE) ? "" : accept);
  }
}
