package io.epicfhir.extract.crawl;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One page as it lies in the spool.
 *
 * @param search which search, by type and template; {@link #BY_REFERENCE} for a read by reference,
 *     {@link #ASIDE} for resources of another type that came with a search
 * @param subject the patient, or the id that was read
 * @param restart how often the search had begun again
 * @param page its number, from 1 on
 * @param end what comes after it
 * @param next the link to the next page, where there is one
 * @param readAt milliseconds since 1970
 * @param codes what OperationOutcomes said
 * @param references what must be fetched by reference
 * @param entries their places in the body
 * @param content the entries' bytes, one after the other
 */
record SpoolRecord(
    String search,
    String subject,
    int restart,
    int page,
    End end,
    String next,
    long readAt,
    List<OutcomeCode> codes,
    List<String> references,
    List<Entry> entries,
    Bytes content) {
  static final String BY_REFERENCE = "/";
  static final String ASIDE = "";

  /** What comes after a page. */
  enum End {
    /** Another page. */
    MORE,
    /** Nothing: this was the last. */
    LAST,
    /** Nothing: it is not there. */
    GONE,
    /** Nothing: the server refused it. */
    REFUSED
  }

  /** The entries of a page in this order, their bytes without what lies between them. */
  static SpoolRecord of(
      String search, String subject, int restart, int page, Page content, List<Entry> entries) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    List<Entry> placed = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      placed.add(entry.at(body.size()));
      body.write(content.bytes(), entry.offset(), entry.length());
    }
    return new SpoolRecord(
        search,
        subject,
        restart,
        page,
        content.next().isEmpty() ? End.LAST : End.MORE,
        content.next(),
        System.currentTimeMillis(),
        content.outcomes(),
        content.references(),
        placed,
        Bytes.of(body.toByteArray()));
  }

  /** A unit that ended without a page. */
  static SpoolRecord ended(
      String search, String subject, int restart, int page, End end, List<OutcomeCode> codes) {
    return new SpoolRecord(
        search,
        subject,
        restart,
        page,
        end,
        "",
        System.currentTimeMillis(),
        codes,
        List.of(),
        List.of(),
        Bytes.of(new byte[0]));
  }

  byte[] body() {
    return content.array();
  }

  boolean byReference() {
    return search.equals(BY_REFERENCE);
  }

  boolean aside() {
    return search.equals(ASIDE);
  }
}
