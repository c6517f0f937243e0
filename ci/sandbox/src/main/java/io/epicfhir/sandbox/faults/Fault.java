package io.epicfhir.sandbox.faults;

import io.epicfhir.sandbox.http.Ending;
import io.epicfhir.sandbox.http.Outcomes;
import io.epicfhir.sandbox.http.Piece;
import io.epicfhir.sandbox.http.Reply;
import java.time.Duration;
import java.util.List;

/** One way to fail. */
public sealed interface Fault permits Fault.OnRequest, PageFault, BulkFault {
  /** A fault of one answer. */
  sealed interface OnRequest extends Fault {}

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
    public Reply of(Reply reply) {
      return reply.body(List.of(new Piece.Repeated((byte) ' ', bytes))).gzip();
    }
  }

  /**
   * TCP reset after that many bytes of the body. An answer without a body, such as a kick-off's, is
   * lost whole, as is any for a number below 0; what it reports has happened all the same.
   */
  static Fault reset(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.RESET, afterBytes));
  }

  /** The connection is closed after that many bytes of the body, though more was announced. */
  static Fault close(long afterBytes) {
    return new Cut(new Ending(Ending.Kind.CLOSED, afterBytes));
  }

  /** A chunked body that ends in good order after that many bytes: only its content shows it. */
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
    return new BulkFault.TransactionTime(text);
  }

  /** A manifest whose next link is its own URL. */
  static Fault manifestCycle() {
    return new BulkFault.ManifestCycle();
  }

  /** One more good resource, of that many bytes and id long-line; the manifest counts it. */
  static Fault longLine(int bytes) {
    return new BulkFault.LongLine(bytes);
  }

  /** 410 with code 4113 at the next link of a search, from now on. */
  static Fault expireSearch() {
    return expireSearch(410);
  }

  /** That status with code 4113 at the next link of a search, from now on. */
  static Fault expireSearch(int status) {
    return new PageFault.ExpireSearch(status);
  }

  /** A page without entries that has a next link; nothing is left out of the search. */
  static Fault emptyPage() {
    return new PageFault.ShortPage(0);
  }

  /** A page of so few entries; the others follow on the next. */
  static Fault shortPage(int entries) {
    return new PageFault.ShortPage(entries);
  }

  /** The last entry of a page comes again on the next, and the rest in another order. */
  static Fault shiftPage() {
    return new PageFault.ShiftPage();
  }

  /** An OperationOutcome among the entries of a good page, with one of Epic's codes. */
  static Fault outcomeEntry(String severity, String code, String detailsCode) {
    return new PageFault.OutcomeEntry(
        Outcomes.outcome(severity, code, detailsCode, Outcomes.text(detailsCode)));
  }

  /** The manifest's count is off by this. */
  static Fault wrongCount(int by) {
    return new BulkFault.WrongCount(by);
  }

  /** One more line, without its line feed, at the start of a file; the manifest counts it. */
  static Fault extraLine(String line) {
    return new BulkFault.ExtraLine(line);
  }

  /** One more {@code error} file with an OperationOutcome of this severity and issue.code. */
  static Fault errorFile(String severity, String code, String diagnostics) {
    return new BulkFault.ErrorFile(severity, code, diagnostics);
  }
}
