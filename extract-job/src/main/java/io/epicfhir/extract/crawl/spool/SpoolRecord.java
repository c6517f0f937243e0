package io.epicfhir.extract.crawl.spool;

import io.epicfhir.extract.crawl.fetch.RawDocument;
import io.epicfhir.extract.crawl.pages.Bytes;
import io.epicfhir.extract.crawl.pages.Entry;
import io.epicfhir.extract.crawl.pages.OutcomeCode;
import io.epicfhir.extract.crawl.pages.Page;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * One page as it lies in the spool.
 *
 * @param search which search, by type and template; {@link #BY_REFERENCE} for a read by reference,
 *     {@link #ASIDE} for resources of another type that came with a search
 * @param subject the patient, or the id that was read; with resources that came along, nobody, or
 *     the patients whose resources refer to what is named
 * @param restart how often the search had begun again
 * @param page its number, from 1 on
 * @param end what comes after it
 * @param next the link to the next page, where there is one; of a read that confirms, what had
 *     found the resource; of another read, the patient whose resource came, and of a document its
 *     media type after a tab; of resources that came along, what brought them; of a merged
 *     patient's search, the survivor
 * @param readAt milliseconds since 1970
 * @param codes what OperationOutcomes said
 * @param references what must be fetched by reference
 * @param entries their places in the body
 * @param content the entries' bytes, one after the other
 * @param total the search's matches by the server's count; {@link Page#NO_TOTAL} if it is unknown
 */
public record SpoolRecord(
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
    Bytes content,
    long total) {
  static final String BY_REFERENCE = "/";
  public static final String ASIDE = "";
  private static final String FOUND_BY = "\n";
  private static final char TYPED = '\t';

  /** What comes after a page. */
  public enum End {
    /** Another page. */
    MORE,
    /** Nothing: this was the last. */
    LAST,
    /** Nothing: it is not there. */
    GONE,
    /** Nothing: the server refused it. */
    REFUSED,
    /** Nothing: it belongs to a patient outside the cohort. */
    OUTSIDE
  }

  /** The entries of a page in this order, their bytes without what lies between them. */
  public static SpoolRecord of(
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
        Bytes.of(body.toByteArray()),
        content.total());
  }

  /**
   * Resources of another type, or that only came along with a search.
   *
   * @param search the key of the search that brought them
   * @param patient whose search it was
   */
  public static SpoolRecord beside(
      String search, String patient, Page content, List<Entry> entries) {
    return of(ASIDE, "", 0, 1, content, entries).with(End.LAST, patient + FOUND_BY + search);
  }

  /** What the resources of patients other than the one who was asked for refer to. */
  public static SpoolRecord named(List<String> patients, Page content) {
    return of(ASIDE, String.join(FOUND_BY, patients), 0, 1, content, List.of()).with(End.LAST, "");
  }

  /** A resource that was read by its id. */
  public static SpoolRecord read(ReadById read, Page page) {
    List<Entry> entries = page.entries().stream().map(entry -> entry.of(List.of())).toList();
    SpoolRecord record = of(BY_REFERENCE, read.id(), 0, 1, page, entries);
    String patient = page.patients().isEmpty() ? read.holder() : page.patients().get(0);
    String type = read.type().equals(RawDocument.BINARY) ? TYPED + mediaType(read, page) : "";
    return record.with(End.LAST, read.confirms() ? foundBy(read) : patient + type);
  }

  private static String mediaType(ReadById read, Page page) {
    String announced = read.document().mediaType();
    return announced.isEmpty() ? RawDocument.mediaType(page) : announced;
  }

  /** A resource that is not kept: it is this patient's, who is not in the cohort. */
  public static SpoolRecord outside(ReadById read, String patient) {
    return ended(BY_REFERENCE, read.id(), 0, 1, End.OUTSIDE, List.of(), patient);
  }

  /** A read by id that brought nothing. */
  public static SpoolRecord ended(ReadById read, End end, List<OutcomeCode> codes) {
    return ended(BY_REFERENCE, read.id(), 0, 1, end, codes, foundBy(read));
  }

  private static String foundBy(ReadById read) {
    return read.confirms() ? read.seen().patient() + FOUND_BY + read.seen().search() : "";
  }

  private SpoolRecord with(End newEnd, String newNext) {
    return new SpoolRecord(
        search,
        subject,
        restart,
        page,
        newEnd,
        newNext,
        readAt,
        codes,
        references,
        entries,
        content,
        total);
  }

  /**
   * A unit that ended without a page.
   *
   * @param next the survivor of a merged patient, where the answer names one; else empty
   */
  public static SpoolRecord ended(
      String search,
      String subject,
      int restart,
      int page,
      End end,
      List<OutcomeCode> codes,
      String next) {
    return new SpoolRecord(
        search,
        subject,
        restart,
        page,
        end,
        next,
        System.currentTimeMillis(),
        codes,
        List.of(),
        List.of(),
        Bytes.of(new byte[0]),
        Page.NO_TOTAL);
  }

  public byte[] body() {
    return content.array();
  }

  public boolean byReference() {
    return search.equals(BY_REFERENCE);
  }

  /** Whether the server says that it has no resource of the id that was read. */
  public boolean gone() {
    return byReference() && end == End.GONE && codes.isEmpty();
  }

  /** Whether it confirms a resource that a search had found once, and does no more. */
  public boolean confirms() {
    return byReference() && next.contains(FOUND_BY);
  }

  /** Whether what was read belongs to a patient outside the cohort. */
  public boolean outside() {
    return byReference() && end == End.OUTSIDE;
  }

  /** The patient whose search or whose resource it is; empty where it is nobody's. */
  public String patient() {
    if (aside()) {
      return namedFor().stream().findFirst().orElse("");
    }
    if (!byReference()) {
      return subject;
    }
    int typed = next.indexOf(TYPED);
    return confirms() ? foundFor() : typed < 0 ? next : next.substring(0, typed);
  }

  /** The media type of a document; empty where it is not known. */
  public String mediaType() {
    int typed = byReference() && !confirms() ? next.indexOf(TYPED) : -1;
    return typed < 0 ? "" : next.substring(typed + 1);
  }

  /** Whose resources refer to what it names; empty where that is the patient who was asked for. */
  public List<String> namedFor() {
    return aside() && !subject.isEmpty() ? List.of(subject.split(FOUND_BY, -1)) : List.of();
  }

  /**
   * Whether it is known which search brought what came along; not in a spool of an older version.
   */
  public boolean broughtBySearch() {
    return aside() && next.contains(FOUND_BY);
  }

  /** The patient whose search had found what was confirmed, or brought what came along. */
  public String foundFor() {
    return next.substring(0, next.indexOf(FOUND_BY));
  }

  /** The search that had found what was confirmed, or brought what came along. */
  public String foundBy() {
    return next.substring(next.indexOf(FOUND_BY) + FOUND_BY.length());
  }

  public boolean aside() {
    return search.equals(ASIDE);
  }
}
