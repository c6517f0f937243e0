package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Clock;
import java.util.Optional;
import org.apache.http.client.methods.CloseableHttpResponse;

/** Speaks to the FHIR server: with retries, and with the token where it belongs. */
public final class SourceClient {
  private final SourceSettings settings;
  private final Pace pace;
  private final Http http;
  private final SmartBackendAuth auth;
  private final Origins origins;
  private final RequestGate gate;
  private final Exchange exchange;
  private final Retry retry;

  /** Takes in the bytes of a file; called anew for every try. */
  public interface Intake {
    /** Reads the body to its end. */
    void take(InputStream body) throws IOException;

    /** Reads the body of an answer that says that it is something else than NDJSON. */
    void takeForeign(InputStream body) throws IOException;
  }

  /** A client that keeps to the whole of {@code source.max-in-flight}. */
  public SourceClient(SourceSettings settings, Pace pace) {
    this(settings, pace, 1);
  }

  /**
   * A client that keeps to its share of {@code source.max-in-flight}.
   *
   * @param jvms how many clients there are in all
   */
  SourceClient(SourceSettings settings, Pace pace, int jvms) {
    this.settings = settings;
    this.pace = pace;
    this.http = new Http(settings);
    this.auth = new SmartBackendAuth(settings, http, pace.clock());
    this.origins = new Origins(settings.baseUrl(), settings.allowedOrigins());
    this.gate = new RequestGate(Math.max(1, settings.maxInFlight() / jvms), pace);
    this.exchange = new Exchange(http, settings, auth, gate, origins, pace.clock());
    this.retry = new Retry(settings, pace);
  }

  Http http() {
    return http;
  }

  Retry retry() {
    return retry;
  }

  Clock clock() {
    return pace.clock();
  }

  /** What holds the requests of this JVM together. */
  public RequestGate gate() {
    return gate;
  }

  /** Whether a URL lies at the FHIR base's origin, where the token may go. */
  public boolean atHome(URI url) {
    return origins.atHome(url);
  }

  /** Gets a token now, so that a wrong key or a narrow scope is known before anything starts. */
  public void authenticate(Traffic traffic) {
    if (settings.signIn() == SourceSettings.SignIn.NONE) {
      return;
    }
    retry.call("get an access token", traffic, () -> auth.token(traffic));
  }

  /**
   * Sends a request with the token and reads a small answer.
   *
   * @throws JobException {@link ExitCode#REFUSED} or {@link ExitCode#UNAVAILABLE}
   */
  public Reply send(Ask ask, Traffic traffic) {
    requireHome(ask);
    return retry.call(ask.what(), traffic, () -> sendOnce(ask, traffic));
  }

  /** The same without retries. */
  public Reply sendOnce(Ask ask, Traffic traffic) throws IOException, PassingFailure {
    requireHome(ask);
    return exchange.run(
        ask.withToken(),
        traffic,
        response -> {
          Reply reply = Reply.read(response, traffic);
          Answers.check(ask, reply, pace.clock());
          return reply;
        });
  }

  /** Makes something of an answer; a body that turns out broken is asked for again. */
  public interface Reading<T> {
    T read(Reply reply) throws IOException;
  }

  /** An answer as it is; see {@link #fetch(Ask, Traffic, int, Reading)}. */
  public Reply fetch(Ask ask, Traffic traffic, int longest) {
    return fetch(ask, traffic, longest, reply -> reply);
  }

  /**
   * Asks for a search page or a resource and reads it whole, unpacked; with retries. The request's
   * place at the source is free again before the answer is made something of.
   *
   * @param ask at the FHIR base's origin
   * @param longest bytes of the longest answer that is taken
   * @throws JobException with the cause {@link TooLong} where the answer is longer
   */
  public <T> T fetch(Ask ask, Traffic traffic, int longest, Reading<T> reading) {
    requireHome(ask);
    Ask packed = ask.withToken().with("Accept-Encoding", "gzip");
    return retry.call(
        ask.what(),
        traffic,
        () -> reading.read(exchange.run(packed, traffic, r -> whole(packed, r, traffic, longest))));
  }

  private Reply whole(Ask ask, CloseableHttpResponse response, Traffic traffic, int longest)
      throws IOException, PassingFailure {
    try {
      Reply reply = Reply.read(response, body(ask, response, traffic), longest);
      Answers.check(ask, reply, pace.clock());
      return reply;
    } catch (TooLong e) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": the server sent "
              + e.getMessage()
              + "; ask for less at a time, or raise the limit",
          e);
    }
  }

  /**
   * Streams a file's bytes, unpacked, into the intake; on a broken body the whole file is asked for
   * again. The token goes with it where the request says so.
   */
  public void download(Ask ask, Traffic traffic, Intake intake) {
    Ask packed = ask.with("Accept-Encoding", "gzip");
    retry.call(
        ask.what(),
        traffic,
        () ->
            exchange.run(
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
    if (isNdjson(Reply.header(response, "Content-Type").orElse(""))) {
      intake.take(body(ask, response, traffic));
    } else {
      intake.takeForeign(body(ask, response, traffic));
    }
  }

  private InputStream body(Ask ask, CloseableHttpResponse response, Traffic traffic)
      throws IOException {
    if (response.getEntity() == null) {
      return InputStream.nullInputStream();
    }
    String encoding = Reply.header(response, "Content-Encoding").orElse("identity");
    GuardedBody body =
        new GuardedBody(response.getEntity().getContent(), traffic, settings.idleTimeout());
    return PackedBody.open(ask.what(), body, encoding, settings);
  }

  /** A web page that came with 200 is a proxy's; other names of NDJSON are let through. */
  private static boolean isNdjson(String contentType) throws PassingFailure {
    if (contentType.contains("html")) {
      throw new PassingFailure("a web page in place of the file", Optional.empty());
    }
    return contentType.isEmpty()
        || contentType.contains("json")
        || contentType.contains("octet-stream")
        || contentType.contains("text/plain");
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
}
