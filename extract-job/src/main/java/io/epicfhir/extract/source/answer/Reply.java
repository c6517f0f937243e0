package io.epicfhir.extract.source.answer;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.http.Header;
import org.apache.http.HttpResponse;

/** A small answer, read to its end. */
public final class Reply {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final List<String> REQUEST_IDS =
      List.of("X-Request-Id", "Request-Id", "X-Correlation-Id", "traceparent");

  private final HttpResponse response;
  private final byte[] body;
  private final URI from;

  public Reply(HttpResponse response, byte[] body) {
    this(response, body, null);
  }

  private Reply(HttpResponse response, byte[] body, URI from) {
    this.response = response;
    this.body = body;
    this.from = from;
  }

  /** The same, given at an address to which the request was redirected. */
  public Reply from(URI address) {
    return new Reply(response, body, address);
  }

  /**
   * The address that gave it, to which its links are relative; empty where that is the one that was
   * asked. Standard: RFC 3986, 5.1.3.
   */
  public Optional<URI> from() {
    return Optional.ofNullable(from);
  }

  public int status() {
    return response.getStatusLine().getStatusCode();
  }

  /**
   * The server's time when it answered; empty where the answer has no Date, or one that cannot be
   * read. Standard: RFC 9110, 6.6.1.
   */
  public Optional<Instant> date() {
    return header("Date").flatMap(HttpDate::parse);
  }

  public Optional<String> header(String name) {
    return header(response, name);
  }

  public static Optional<String> header(HttpResponse response, String name) {
    return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
  }

  /** The header Content-Type in lower case; empty where there is none. */
  public String contentType() {
    return contentType(response);
  }

  /** Likewise, of an answer whose body is not read yet. */
  public static String contentType(HttpResponse response) {
    return header(response, "Content-Type").orElse("").toLowerCase(Locale.ROOT).trim();
  }

  /** The answer's bytes, unpacked; of JSON as UTF-8 without a byte order mark. */
  public byte[] body() {
    return body;
  }

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The answer's OperationOutcome, where it is one; a proxy's HTML page is none. */
  Optional<Outcome> outcome() {
    return Outcome.of(body);
  }

  /** Whether it is one JSON object. */
  boolean isObject() {
    try {
      return MAPPER.readTree(body).isObject();
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether it is a web page: a gateway's word, and not that of a FHIR server. */
  boolean isWebPage() {
    return contentType().contains("html");
  }

  /** The server's own name of the request, for its operator; empty if it gives none. */
  Optional<String> requestId() {
    for (String name : REQUEST_IDS) {
      Optional<String> id = header(name).filter(OutcomeWords::isRequestId);
      if (id.isPresent()) {
        return id;
      }
    }
    return Optional.empty();
  }
}
