package io.epicfhir.extract.source.auth;

import com.nimbusds.jwt.JWTClaimsSet;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.settings.Secret;
import io.epicfhir.extract.source.answer.Answers;
import io.epicfhir.extract.source.answer.PassingFailure;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.answer.RetryAfter;
import io.epicfhir.extract.source.http.Bodies;
import io.epicfhir.extract.source.http.Http;
import io.epicfhir.extract.source.request.AccessToken;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.ShownLink;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.Scopes;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request for a token and what its answer means. Standard: HL7 SMART App Launch 2.2, "Backend
 * Services".
 */
final class TokenRequest {
  private static final Logger LOG = LoggerFactory.getLogger(TokenRequest.class);
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

  private final SourceSettings settings;
  private final Http http;
  private final Bodies bodies;
  private final Clock clock;
  private final ServerClock serverClock;
  private boolean told;

  TokenRequest(
      SourceSettings settings, Http http, Bodies bodies, Clock clock, ServerClock serverClock) {
    this.settings = settings;
    this.http = http;
    this.bodies = bodies;
    this.clock = clock;
    this.serverClock = serverClock;
  }

  /**
   * Asks once.
   *
   * @throws DoubtfulAnswer for what is neither a token nor a reason of OAuth's: Epic's endpoint
   *     answers 400 now and then although nothing is wrong, and gateways answer anything
   * @throws JobException {@link ExitCode#REFUSED} where the server gives none, or one that allows
   *     less than asked
   */
  AccessToken send(URI endpoint, Traffic traffic)
      throws IOException, PassingFailure, DoubtfulAnswer {
    Ask ask =
        Ask.post("get an access token", endpoint, "application/json", null)
            .under(settings.baseUrl());
    try (CloseableHttpResponse response =
        http.send(ask, Optional.empty(), Form.of(form(endpoint)), traffic)) {
      Reply reply = bodies.whole(ask.what(), response, traffic, Bodies.LONGEST_REASON);
      if (reply.status() >= 400 && reply.status() < 500 && serverClock.told(reply)) {
        throw new PassingFailure(
            "the client assertion's time did not match the server's clock", Optional.empty());
      }
      TokenAnswer answer = TokenAnswer.of(reply);
      if (reply.status() < 500 && answer.error().filter(FINAL_ERRORS::contains).isPresent()) {
        throw refused(ask, reply, answer);
      }
      Optional<String> token = answer.token();
      if (reply.status() >= 300 || token.isEmpty()) {
        throw doubtful(ask, reply, answer);
      }
      return granted(token.get(), answer);
    }
  }

  private Map<String, String> form(URI endpoint) {
    return Map.of(
        "grant_type",
        "client_credentials",
        "scope",
        String.join(" ", settings.scopes()),
        "client_assertion_type",
        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion",
        assertion(endpoint));
  }

  private String assertion(URI endpoint) {
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

  private DoubtfulAnswer doubtful(Ask ask, Reply reply, TokenAnswer answer) throws PassingFailure {
    Optional<Duration> wait =
        RetryAfter.of(reply.header("Retry-After"), reply.header("Date"), clock);
    if (reply.status() == 400 || reply.status() == 401) {
      return new DoubtfulAnswer(refused(ask, reply, answer), wait);
    }
    try {
      Answers.check(ask, reply, clock);
    } catch (JobException e) {
      return new DoubtfulAnswer(e, wait);
    }
    return new DoubtfulAnswer(
        new JobException(
            ExitCode.REFUSED,
            "Cannot get an access token: the response, "
                + reply.status()
                + ", contains none; check that "
                + ShownLink.of(ask.url(), ask.base())
                + " is the token endpoint"
                + Answers.requestId(reply)
                + ask.at()),
        wait);
  }

  private static JobException refused(Ask ask, Reply reply, TokenAnswer answer) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot get an access token: the server answered "
            + reply.status()
            + " "
            + answer.error().orElse("no reason")
            + "; check source.client-id, source.key-id, source.scopes and that the public half of"
            + " source.key-file is registered (Epic caches keys for up to 29 hours, so a new key may take a day to"
            + " work); behind a proxy, check"
            + " source.audience"
            + Answers.requestId(reply)
            + ask.at());
  }

  private AccessToken granted(String token, TokenAnswer answer) {
    ScopeCheck.require(settings.scopes(), answer.scope());
    if (!Scopes.named(answer.scope()) && !told) {
      told = true;
      LOG.warn(
          "The token response has no SMART scope, so it is unknown whether source.scopes were granted");
    }
    long seconds = answer.seconds();
    long margin = Math.min(30, seconds / 10);
    return new AccessToken(
        new Secret(token), answer.scope(), clock.instant().plusSeconds(seconds - margin));
  }
}
