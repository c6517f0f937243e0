package io.epicfhir.extract.source;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reading;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.answer.TooLong;
import io.epicfhir.extract.source.auth.ScopeCheck;
import io.epicfhir.extract.source.auth.SmartBackendAuth;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.http.Intake;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.pace.RequestGate;
import io.epicfhir.extract.source.pace.Retry;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Origins;
import io.epicfhir.extract.source.request.Redirects;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.util.Collection;
import java.util.Optional;

/** Speaks to the FHIR server: with retries, and with the token where it belongs. */
public final class SourceClient {
  private final SourceSettings settings;
  private final SmartBackendAuth auth;
  private final Origins origins;
  private final RequestGate gate;
  private final Exchange exchange;
  private final AnswerReader answers;
  private final Retry retry;

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
    this(settings, pace, jvms, new Http(settings));
  }

  SourceClient(SourceSettings settings, Pace pace, int jvms, Http http) {
    this.settings = settings;
    Bodies bodies = new Bodies(settings);
    this.auth = new SmartBackendAuth(settings, http, bodies, pace);
    this.origins = new Origins(settings.baseUrl(), settings.allowedOrigins());
    this.gate =
        new RequestGate(Math.max(1, settings.maxInFlight() / jvms), pace, settings.retryBudget());
    this.exchange = new Exchange(http, settings, auth, gate, origins, pace.clock());
    this.answers = new AnswerReader(bodies, pace.clock());
    this.retry = new Retry(settings, pace);
  }

  /** What holds the requests of this JVM together. */
  public RequestGate gate() {
    return gate;
  }

  /** Whether a URL lies at the FHIR base's origin. */
  public boolean atHome(URI url) {
    return origins.atHome(url);
  }

  /**
   * Whether a link may be followed, with the token: to the FHIR base's origin, or to one that the
   * settings name.
   */
  public boolean allows(URI url) {
    return origins.allows(url);
  }

  /**
   * Gets a token now, so that a wrong key or a narrow scope is known before anything starts.
   *
   * @param types the resource types that the run asks for
   * @return what could not be checked, for the run report
   * @throws JobException {@link ExitCode#REFUSED} where the grant names scopes and none for a type
   */
  public Optional<String> authenticate(Traffic traffic, Collection<String> types) {
    if (settings.signIn() == SourceSettings.SignIn.NONE) {
      return Optional.empty();
    }
    AccessToken token = retry.call("get an access token", traffic, () -> auth.token(traffic));
    return ScopeCheck.requireTypes(settings.scopes(), types, token.scope());
  }

  /** What the server says of itself; with the token only if there is no answer without it. */
  Reply metadata(Traffic traffic) {
    Ask ask =
        Ask.get(
                "read " + settings.baseUrl() + "/metadata",
                URI.create(settings.baseUrl() + "/metadata"),
                "application/fhir+json, application/json;q=0.9")
            .with("Accept-Encoding", "gzip")
            .under(settings.baseUrl());
    return retry.call(
        ask,
        traffic,
        () -> {
          Reply reply =
              exchange.run(
                  ask, Redirects.ANYWHERE, traffic, (r, from) -> answers.metadata(ask, r, traffic));
          boolean wanted = reply.status() == 401 || reply.status() == 403;
          if (wanted && settings.signIn() != SourceSettings.SignIn.NONE) {
            reply =
                exchange.run(
                    ask.withToken(),
                    Redirects.ANYWHERE,
                    traffic,
                    (r, from) -> answers.metadata(ask, r, traffic));
          }
          return answers.judged(ask, reply);
        });
  }

  /**
   * Sends a request with the token and reads a small answer.
   *
   * @throws JobException {@link ExitCode#REFUSED} or {@link ExitCode#UNAVAILABLE}
   */
  public Reply send(Ask ask, Traffic traffic) {
    requireAllowed(ask);
    Ask based = ask.under(settings.baseUrl());
    return retry.call(based, traffic, () -> once(based, traffic));
  }

  /** The same without retries, for a look at an export. */
  public Reply sendOnce(Ask ask, Traffic traffic) throws IOException, PassingFailure {
    requireAllowed(ask);
    return once(ask.standingAlone().under(settings.baseUrl()), traffic);
  }

  private Reply once(Ask ask, Traffic traffic) throws IOException, PassingFailure {
    return exchange.run(
        ask.withToken(),
        Redirects.ANYWHERE,
        traffic,
        (r, from) -> answers.small(ask, r, traffic).from(from));
  }

  /** An answer as it is; see {@link #fetch(Ask, Traffic, int, Reading)}. */
  public Reply fetch(Ask ask, Traffic traffic, int longest) {
    return fetch(ask, traffic, longest, reply -> reply);
  }

  /**
   * Asks for a search page or a resource and reads it whole, unpacked; with retries. The request's
   * place at the source is free again before the answer is made something of.
   *
   * <p>A redirect to something else than what was asked for is a {@link ServerRefusal} with its
   * status.
   *
   * @param ask at the FHIR base's origin, or at an allowed one with a next link
   * @param longest bytes of the longest answer that is taken
   * @throws JobException with the cause {@link TooLong} where the answer is longer
   */
  public <T> T fetch(Ask ask, Traffic traffic, int longest, Reading<T> reading) {
    requireAllowed(ask);
    Ask packed = ask.withToken().with("Accept-Encoding", "gzip").under(settings.baseUrl());
    return retry.call(
        packed,
        traffic,
        () ->
            reading.read(
                exchange.run(
                    packed,
                    Redirects.SAME_REQUEST,
                    traffic,
                    (r, from) -> answers.whole(packed, r, traffic, longest))));
  }

  /**
   * Streams a file's bytes, unpacked, into the intake; on a broken body the whole file is asked for
   * again. The token goes with it where the request says so.
   */
  public void download(Ask ask, Traffic traffic, Intake intake) {
    Ask packed = ask.with("Accept-Encoding", "gzip").under(settings.baseUrl());
    retry.call(
        packed,
        traffic,
        () ->
            exchange.run(
                packed,
                Redirects.ANYWHERE,
                traffic,
                (response, from) -> {
                  answers.file(packed, response, traffic, intake);
                  return null;
                }));
  }

  private void requireAllowed(Ask ask) {
    if (!allows(ask.url())) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot "
              + ask.what()
              + ": "
              + ask.url().getHost()
              + " is another origin than source.base-url and not in source.allowed-origins, so the"
              + " access token must not go there; if the server's operator confirms it, add it to"
              + " source.allowed-origins");
    }
  }
}
