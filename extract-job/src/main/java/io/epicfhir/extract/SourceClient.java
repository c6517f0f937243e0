package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.Optional;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.apache.http.client.methods.CloseableHttpResponse;

/** Speaks to the FHIR server: with retries, and with the token where it belongs. */
final class SourceClient {
  private final SourceSettings settings;
  private final Pace pace;
  private final Http http;
  private final SmartBackendAuth auth;
  private final Retry retry;

  /** Takes in the bytes of a file; called anew for every try. */
  interface Intake {
    void take(InputStream body) throws IOException;
  }

  private interface Receiver<T> {
    T receive(CloseableHttpResponse response) throws IOException, PassingFailure;
  }

  SourceClient(SourceSettings settings, Pace pace) {
    this.settings = settings;
    this.pace = pace;
    this.http = new Http(settings);
    this.auth = new SmartBackendAuth(settings, http, pace.clock());
    this.retry = new Retry(settings, pace);
  }

  Http http() {
    return http;
  }

  Retry retry() {
    return retry;
  }

  /** Whether a URL lies at the FHIR base's origin, where the token may go. */
  boolean atHome(URI url) {
    URI home = settings.baseUrl();
    return home.getScheme().equalsIgnoreCase(String.valueOf(url.getScheme()))
        && home.getHost().equalsIgnoreCase(String.valueOf(url.getHost()))
        && port(home) == port(url);
  }

  /** Gets a token now, so that a wrong key or a narrow scope is known before anything starts. */
  void authenticate(Traffic traffic) {
    retry.call("get an access token", traffic, () -> auth.token(traffic));
  }

  /**
   * Sends a request with the token and reads a small answer.
   *
   * @throws JobException {@link ExitCode#REFUSED} or {@link ExitCode#UNAVAILABLE}
   */
  Reply send(Ask ask, Traffic traffic) {
    requireHome(ask);
    return retry.call(ask.what(), traffic, () -> sendOnce(ask, traffic));
  }

  /** The same without retries. */
  Reply sendOnce(Ask ask, Traffic traffic) throws IOException, PassingFailure {
    requireHome(ask);
    return exchange(
        ask.withToken(),
        traffic,
        response -> {
          Reply reply = Reply.read(response, traffic);
          Answers.check(ask, reply, pace.clock());
          return reply;
        });
  }

  /**
   * Streams a file's bytes, ungzipped, into the intake; on a broken body the whole file is asked
   * for again.
   */
  void download(Ask ask, Traffic traffic, Intake intake) {
    Ask packed = ask.with("Accept-Encoding", "gzip");
    retry.call(
        ask.what(),
        traffic,
        () ->
            exchange(
                packed,
                traffic,
                response -> {
                  takeFile(packed, response, traffic, intake);
                  return null;
                }));
  }

  private void takeFile(Ask ask, CloseableHttpResponse response, Traffic traffic, Intake intake)
      throws IOException, PassingFailure {
    if (response.getStatusLine().getStatusCode() != 200 || response.getEntity() == null) {
      Answers.check(ask, Reply.read(response, traffic), pace.clock());
      throw new PassingFailure("the server sent no file", Optional.empty());
    }
    requireNdjson(ask, Reply.header(response, "Content-Type").orElse(""));
    String encoding = Reply.header(response, "Content-Encoding").orElse("identity");
    InputStream raw = response.getEntity().getContent();
    InputStream body = new GuardedBody(raw, traffic, settings.idleTimeout());
    switch (encoding) {
      case "gzip" -> intake.take(ungzipped(body));
      case "identity" -> intake.take(body);
      default ->
          throw new JobException(
              ExitCode.REFUSED,
              "Cannot "
                  + ask.what()
                  + ": unknown Content-Encoding; let the server send gzip or identity");
    }
  }

  /** Checks the trailer, and takes all members of a concatenated stream. */
  private static InputStream ungzipped(InputStream body) throws IOException {
    InputStream packed = new BufferedInputStream(body, 1 << 16);
    packed.mark(2);
    boolean magic = packed.read() == 0x1f && packed.read() == 0x8b;
    packed.reset();
    if (!magic) {
      throw new BrokenBody("the body is not gzip, which its Content-Encoding says it is");
    }
    return GzipCompressorInputStream.builder()
        .setInputStream(packed)
        .setDecompressConcatenated(true)
        .get();
  }

  /** A web page that came with 200 is a proxy's; other names of NDJSON are let through. */
  private static void requireNdjson(Ask ask, String contentType) throws PassingFailure {
    if (contentType.contains("html")) {
      throw new PassingFailure("a web page in place of the file", Optional.empty());
    }
    if (!contentType.isEmpty()
        && !contentType.contains("json")
        && !contentType.contains("octet-stream")
        && !contentType.contains("text/plain")) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": its Content-Type is not application/fhir+ndjson; see what the server sends");
    }
  }

  private <T> T exchange(Ask ask, Traffic traffic, Receiver<T> receiver)
      throws IOException, PassingFailure {
    for (boolean renewed = false; ; renewed = true) {
      Optional<AccessToken> token =
          ask.token() ? Optional.of(auth.token(traffic)) : Optional.empty();
      try (CloseableHttpResponse response = http.send(ask, token, traffic)) {
        boolean unauthorised = response.getStatusLine().getStatusCode() == 401;
        if (!unauthorised || renewed || token.isEmpty()) {
          return receiver.receive(response);
        }
      }
      auth.forget(token.get());
    }
  }

  private void requireHome(Ask ask) {
    if (!atHome(ask.url())) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": "
              + ask.url().getHost()
              + " is another origin than source.base-url, where the token must not go");
    }
  }

  private static int port(URI url) {
    if (url.getPort() >= 0) {
      return url.getPort();
    }
    return "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
  }
}
