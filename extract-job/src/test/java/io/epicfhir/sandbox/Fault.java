package io.epicfhir.sandbox;

import java.time.Duration;

/** One way to fail. */
public sealed interface Fault {
  /** A fault of one answer. */
  sealed interface OnRequest extends Fault {}

  /** A fault of an export's content, decided at its kick-off; matched by {@link Match#file}. */
  sealed interface OnExport extends Fault {}

  /** Another answer than the right one. */
  record Answer(Reply reply) implements OnRequest {}

  /** The right answer, broken off. */
  record Cut(Ending ending) implements OnRequest {}

  /** The right answer, late. */
  record Delay(Duration duration) implements OnRequest {}

  /** The token that the request carries is void from now on. */
  record ExpireToken() implements OnRequest {}

  /** The manifest's count of a file is off by this. */
  record WrongCount(int by) implements OnExport {}

  /** One more line at the start of a file, counted in the manifest. */
  record ExtraLine(String line) implements OnExport {}

  /**
   * One more file under the manifest's {@code error}; matched by {@link Match#file} of any type.
   */
  record ErrorFile(String severity, String code, String diagnostics) implements OnExport {}

  /** TCP reset after that many bytes of the body. */
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
