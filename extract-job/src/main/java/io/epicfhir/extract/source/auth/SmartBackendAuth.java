package io.epicfhir.extract.source.auth;

import com.nimbusds.jwt.JWTClaimsSet;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.settings.Secret;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.RetryAfter;
import io.epicfhir.extract.source.answer.ServerRefusal;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.Scopes;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Access tokens by SMART Backend Services (client credentials with a signed assertion), one at a
 * time for the whole JVM. Standard: HL7 SMART App Launch 2.2, "Backend Services".
 */
public final class SmartBackendAuth {
  private static final Logger LOG = LoggerFactory.getLogger(SmartBackendAuth.class);
  private static final Duration ASSERTION_LIFE = Duration.ofMinutes(4);

  /** RFC 6749, 5.2, and RFC 6750: no further try changes these. */
  private static final Set<String> FINAL_ERRORS =
      Set.of(
          "invalid_client",
          "invalid_grant",
          "invalid_request",
          "invalid_scope",
          "unauthorized_client",
          "unsupported_grant_type",
          "access_denied");

  /** Epic's token endpoint answers 400 now and then although nothing is wrong. */
  private static final int MOST_BARE_400S = 4;

  private final SourceSettings settings;
  private final Http http;
  private final Bodies bodies;
  private final Clock clock;
  private final ServerClock serverClock;
  private final TokenDiscovery discovery;
  private URI endpoint;
  private AccessToken current;
  private int bare400s;
  private boolean told;

  public SmartBackendAuth(SourceSettings settings, Http http, Bodies bodies, Clock clock) {
    this.settings = settings;
    this.http = http;
    this.bodies = bodies;
    this.clock = clock;
    this.serverClock = new ServerClock(clock);
    this.discovery = new TokenDiscovery(settings, http, bodies, clock, serverClock);
  }

  /**
   * A token that is good for some time yet.
   *
   * @throws JobException {@link ExitCode#REFUSED} where the server gives none, or one that allows
   *     less than asked
   */
  public synchronized AccessToken token(Traffic traffic) throws IOException, PassingFailure {
    if (current == null || !clock.instant().isBefore(current.useUntil())) {
      try {
        if (endpoint == null) {
          endpoint = discovery.find(traffic);
        }
        current = request(traffic);
      } catch (JobException e) {
        // Without the status as cause: it says nothing about what the token was wanted for.
        throw new JobException(e.exitCode(), e.getMessage());
      }
    }
    return current;
  }

  /** The server no longer takes this token. */
  public synchronized void forget(AccessToken refused) {
    if (refused.equals(current)) {
      current = null;
    }
  }

  private AccessToken request(Traffic traffic) throws IOException, PassingFailure {
    Ask ask = Ask.post("get an access token", endpoint, "application/json", null);
    try (CloseableHttpResponse response =
        http.send(ask, Optional.empty(), Form.of(form()), traffic)) {
      Reply reply = bodies.whole(ask.what(), response, traffic, Bodies.LONGEST_REASON);
      if (reply.status() >= 400 && reply.status() < 500 && serverClock.told(reply)) {
        throw new PassingFailure(
            "the assertion held another time than the server's", Optional.empty());
      }
      refuseByOauth(ask, reply);
      Answers.check(ask, reply, clock);
      bare400s = 0;
      return granted(ask, reply);
    }
  }

  private Map<String, String> form() {
    return Map.of(
        "grant_type",
        "client_credentials",
        "scope",
        String.join(" ", settings.scopes()),
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion",
        assertion());
  }

  private String assertion() {
    return SigningKey.load(settings)
        .sign(
            new JWTClaimsSet.Builder()
                .issuer(settings.clientId())
                .subject(settings.clientId())
                .audience(settings.tokenEndpoint().audience().orElse(Link.written(endpoint)))
                .expirationTime(Date.from(serverClock.now().plus(ASSERTION_LIFE)))
                .jwtID(UUID.randomUUID().toString())
                .build());
  }

  private void refuseByOauth(Ask ask, Reply reply) throws PassingFailure {
    if (reply.status() != 400 && reply.status() != 401) {
      return;
    }
    Optional<String> error = TokenAnswer.of(reply).error();
    boolean known = error.filter(FINAL_ERRORS::contains).isPresent();
    String answer = "the server answered " + reply.status() + " " + error.orElse("no reason");
    if (reply.status() == 400 && !known && ++bare400s < MOST_BARE_400S) {
      throw new PassingFailure(
          answer,
          400,
          false,
          error.map(List::of).orElse(List.of()),
          RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), clock));
    }
    throw ServerRefusal.because(
        reply.status(),
        error.map(List::of).orElse(List.of()),
        "Cannot get an access token: "
            + answer
            + "; check source.client-id, source.key-id, source.scopes and that the public half of"
            + " source.key-file is registered (a key that was registered lately may take a day to"
            + " be known: Epic keeps old ones for up to 29 hours); behind a proxy, check"
            + " source.audience"
            + Answers.requestId(reply)
            + ask.at());
  }

  private AccessToken granted(Ask ask, Reply reply) {
    TokenAnswer answer = TokenAnswer.of(reply);
    String token =
        answer
            .token()
            .orElseThrow(
                () ->
                    new JobException(
                        ExitCode.REFUSED,
                        "Cannot get an access token: the answer holds none; check that "
                            + Link.shown(endpoint)
                            + " is the token endpoint"
                            + ask.at()));
    Grant.require(settings.scopes(), answer.scope());
    if (!Scopes.named(answer.scope()) && !told) {
      told = true;
      LOG.warn("The token answer names no SMART scope; whether source.scopes were granted is open");
    }
    long seconds = answer.seconds();
    long margin = Math.min(30, seconds / 10);
    return new AccessToken(
        new Secret(token), answer.scope(), clock.instant().plusSeconds(seconds - margin));
  }
}
