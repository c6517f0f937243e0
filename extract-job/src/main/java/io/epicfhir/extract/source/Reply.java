package io.epicfhir.extract.source;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.http.Header;
import org.apache.http.HttpResponse;

/** A small answer, read to its end. */
public final class Reply {
  /** More than any manifest: a million files at 64 bytes. */
  static final int LONGEST_BODY = 64 << 20;

  private final HttpResponse response;
  private final byte[] body;

  private Reply(HttpResponse response, byte[] body) {
    this.response = response;
    this.body = body;
  }

  static Reply read(HttpResponse response, Traffic traffic) throws IOException {
    if (response.getEntity() == null) {
      return new Reply(response, new byte[0]);
    }
    try (InputStream in = response.getEntity().getContent()) {
      Reply reply = read(response, in, LONGEST_BODY);
      traffic.received(reply.body.length);
      return reply;
    }
  }

  /** Reads the answer from a body that is counted and unpacked already. */
  static Reply read(HttpResponse response, InputStream body, int longest) throws IOException {
    byte[] bytes = body.readNBytes(longest + 1);
    if (bytes.length > longest) {
      throw new TooLong(longest);
    }
    return new Reply(response, bytes);
  }

  public int status() {
    return response.getStatusLine().getStatusCode();
  }

  public Optional<String> header(String name) {
    return header(response, name);
  }

  static Optional<String> header(HttpResponse response, String name) {
    return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
  }

  /** The answer's bytes. */
  public byte[] body() {
    return body;
  }

  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The answer's OperationOutcome, where it is one; a proxy's HTML page is none. */
  Optional<Outcome> outcome() {
    return Outcome.of(text());
  }
}
