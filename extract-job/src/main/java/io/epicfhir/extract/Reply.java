package io.epicfhir.extract;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.http.Header;
import org.apache.http.HttpResponse;

/** A small answer, read to its end. */
final class Reply {
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
      byte[] body = in.readNBytes(LONGEST_BODY + 1);
      traffic.received(body.length);
      if (body.length > LONGEST_BODY) {
        throw new BrokenBody("an answer longer than " + LONGEST_BODY + " bytes");
      }
      return new Reply(response, body);
    }
  }

  int status() {
    return response.getStatusLine().getStatusCode();
  }

  Optional<String> header(String name) {
    return header(response, name);
  }

  static Optional<String> header(HttpResponse response, String name) {
    return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
  }

  byte[] body() {
    return body;
  }

  String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The answer's OperationOutcome, where it is one; a proxy's HTML page is none. */
  Optional<Outcome> outcome() {
    return Outcome.of(text());
  }
}
