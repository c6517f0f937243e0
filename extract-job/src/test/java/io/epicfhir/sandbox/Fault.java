package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;

/** One way to fail. */
public sealed interface Fault {
  /** A fault of one answer. */
  sealed interface OnRequest extends Fault {}

  /** A fault of an export's content, decided at its kick-off; matched by {@link Match#file}. */
  sealed interface OnExport extends Fault {}

  /** A fault of a search's pages; matched by {@link Match#search}. */
  sealed interface OnPage extends Fault {}

  /** A fault of a manifest; matched by {@link RequestKind#STATUS}. */
  sealed interface OnManifest extends Fault {}

  /** Another answer than the right one. */
  record Answer(Reply reply) implements OnRequest {}

  /** The right answer, broken off. */
  record Cut(Ending ending) implements OnRequest {}

  /** The right answer, late. */
  record Delay(Duration duration) implements OnRequest {}

  /** The token that the request carries is void from now on. */
  record ExpireToken() implements OnRequest {}

  /** The right answer under another Content-Type. */
  record ContentType(String value) implements OnRequest {}

  /** Blanks instead of the right body. */
  record GzipBomb(long bytes) implements OnRequest {
    Reply of(Reply reply) {
      return reply.body(List.of(new Piece.Repeated((byte) ' ', bytes))).gzip();
    }
  }

  /** Another transactionTime; empty means none. */
  record TransactionTime(String text) implements OnManifest {}

  /** A next link that leads to its own page. */
  record ManifestCycle() implements OnManifest {}

  /** One more resource at the start of a file, counted in the manifest. */
  record LongLine(int bytes) implements OnExport {
    List<Piece> pieces(String type) {
      Piece head =
          Piece.text(
              "{\"resourceType\":\""
                  + type
                  + "\",\"id\":\"long-line\",\"text\":{\"status\":\"generated\",\"div\":\"<div>");
      Piece tail = Piece.text("</div>\"}}");
      long rest = Math.max(1, bytes - head.length() - tail.length());
      return List.of(head, new Piece.Repeated((byte) 'x', rest), tail);
    }
  }

  /** The next link of a search leads nowhere. */
  record ExpireSearch(int status) implements OnPage {}

  /** A page of so few entries, with a next link to what it left out. */
  record ShortPage(int entries) implements OnPage {}

  /** The order of a search changes between two of its pages. */
  record ShiftPage() implements OnPage {}

  /** One more entry of mode outcome. */
  record OutcomeEntry(ObjectNode outcome) implements OnPage {}

  /** The manifest's count of a file is off by this. */
  record WrongCount(int by) implements OnExport {}

  /** One more line at the start of a file, counted in the manifest. */
  record ExtraLine(String line) implements OnExport {}

  /**
   * One more file under the manifest's {@code error}; matched by {@link Match#file} of any type.
   */
  record ErrorFile(String severity, String code, String diagnostics) implements OnExport {}

  /**
   * TCP reset after that many bytes of the body. An answer without a body, such as a kick-off's, is
   * lost whole, as is any for a number below 0; what it tells of has happened all the same.
   */
  static Fault reset(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.RESET, afterBytes));
  }

  /** The connection is closed after that many bytes of the body, though more was announced. */
  static Fault close(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.CLOSED, afterBytes));
  }

  /** A chunked body that ends in good order after that many bytes: only its content tells. */
  static Fault endEarly(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.SHORT, afterBytes));
  }

  /** Nothing more after that many bytes of the body; the connection stays open. */
  static Fault stall(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.STALLED, afterBytes));
  }

  /** The answer comes that much later. */
  static Fault delay(Duration duration) {
    return new Delay(duration);
  }

  /** 429 with this text as Retry-After: seconds, an HTTP-date or garbage. */
  static Fault tooManyRequests(String retryAfter) {
    return busy(429, retryAfter);
  }

  /** A status, such as 503, with this text as Retry-After. */
  static Fault busy(int status, String retryAfter) {
    return new Answer(
        Outcomes.refused(status, "throttled", "Too many requests").with("Retry-After", retryAfter));
  }

  /** A status with an OperationOutcome whose issue.code is {@code transient}. */
  static Fault transientError(int status) {
    return new Answer(Outcomes.refused(status, "transient", "The server is busy"));
  }

  /** A status with an OperationOutcome of severity fatal. */
  static Fault fatal(int status, String epicCode, String diagnostics) {
    return new Answer(
        Reply.fhir(status, Outcomes.outcome("fatal", "processing", epicCode, diagnostics)));
  }

  /** A status with an OperationOutcome of severity fatal and one of Epic's codes, in its words. */
  static Fault fatalOutcome(int status, String code) {
    return fatal(status, code, Outcomes.text(code));
  }

  /** A status with any body, such as a proxy's page. */
  static Fault answer(int status, String contentType, String body) {
    return new Answer(Reply.text(status, contentType, body));
  }

  /** 502 with the HTML of a proxy. */
  static Fault badGateway() {
    return answer(502, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>");
  }

  /** A redirect. */
  static Fault redirect(String location) {
    return new Answer(new Reply(307).with("Location", location));
  }

  /** The link is expired: 404 or 410. */
  static Fault gone(int status) {
    return new Answer(Outcomes.refused(status, "not-found", "The file is no longer available"));
  }

  /** The request's token expires just before the request: 401. */
  static Fault expireToken() {
    return new ExpireToken();
  }

  /** 202, whatever the export has come to. */
  static Fault stillRunning() {
    return new Answer(new Reply(202).with("X-Progress", "Exporting").with("Retry-After", "1"));
  }

  /** The right answer under another Content-Type. */
  static Fault contentType(String value) {
    return new ContentType(value);
  }

  /** A small gzip body that becomes one line of that many blanks. */
  static Fault gzipBomb(long bytes) {
    return new GzipBomb(bytes);
  }

  /** A manifest with this as transactionTime; empty leaves it out. */
  static Fault transactionTime(String text) {
    return new TransactionTime(text);
  }

  /** A manifest whose next link is its own URL. */
  static Fault manifestCycle() {
    return new ManifestCycle();
  }

  /** One more good resource, of that many bytes and id long-line; the manifest counts it. */
  static Fault longLine(int bytes) {
    return new LongLine(bytes);
  }

  /** 410 with code 4113 at the next link of a search, from now on. */
  static Fault expireSearch() {
    return expireSearch(410);
  }

  /** That status with code 4113 at the next link of a search, from now on. */
  static Fault expireSearch(int status) {
    return new ExpireSearch(status);
  }

  /** A page without entries that has a next link; nothing is left out of the search. */
  static Fault emptyPage() {
    return new ShortPage(0);
  }

  /** A page of so few entries; the others follow on the next. */
  static Fault shortPage(int entries) {
    return new ShortPage(entries);
  }

  /** The last entry of a page comes again on the next, and the rest in another order. */
  static Fault shiftPage() {
    return new ShiftPage();
  }

  /** An OperationOutcome among the entries of a good page, with one of Epic's codes. */
  static Fault outcomeEntry(String severity, String code, String detailsCode) {
    return new OutcomeEntry(
        Outcomes.outcome(severity, code, detailsCode, Outcomes.text(detailsCode)));
  }

  /** The manifest's count is off by this. */
  static Fault wrongCount(int by) {
    return new WrongCount(by);
  }

  /** One more line, without its line feed, at the start of a file; the manifest counts it. */
  static Fault extraLine(String line) {
    return new ExtraLine(line);
  }

  /** One more {@code error} file with an OperationOutcome of this severity and issue.code. */
  static Fault errorFile(String severity, String code, String diagnostics) {
    return new ErrorFile(severity, code, diagnostics);
  }
}
