package io.epicfhir.extract.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jwt.JWTClaimsSet;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Secret;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.http.client.methods.CloseableHttpResponse;
import org.apache.http.client.methods.RequestBuilder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Access tokens by SMART Backend Services (client credentials with a signed assertion), one at a
 * time for the whole JVM. Standard: HL7 SMART App Launch 2.2, "Backend Services".
 */
final class SmartBackendAuth {
  private static final Logger LOG = LoggerFactory.getLogger(SmartBackendAuth.class);
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Duration ASSERTION_LIFE = Duration.ofMinutes(4);
  private static final Duration CLOCK_TOLERANCE = Duration.ofMinutes(1);
  private static final long DEFAULT_TOKEN_SECONDS = 300;

  private final SourceSettings settings;
  private final Http http;
  private final Clock clock;
  private SmartConfiguration configuration;
  private AccessToken current;

  SmartBackendAuth(SourceSettings settings, Http http, Clock clock) {
    this.settings = settings;
    this.http = http;
    this.clock = clock;
  }

  /**
   * A token that is good for some time yet.
   *
   * @throws JobException {@link ExitCode#REFUSED} where the server gives none, or one that allows
   *     less than asked
   */
  synchronized AccessToken token(Traffic traffic) throws IOException, PassingFailure {
    if (current == null || !clock.instant().isBefore(current.useUntil())) {
      try {
        if (configuration == null) {
          configuration = discover(traffic);
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
  synchronized void forget(AccessToken refused) {
    if (refused.equals(current)) {
      current = null;
    }
  }

  private SmartConfiguration discover(Traffic traffic) throws IOException, PassingFailure {
    URI url = URI.create(settings.baseUrl() + "/.well-known/smart-configuration");
    Ask ask = Ask.get("read " + url, url, "application/json");
    try (CloseableHttpResponse response = http.send(ask, Optional.empty(), traffic)) {
      Reply reply = Reply.read(response, traffic);
      Answers.check(ask, reply, clock);
      return SmartConfiguration.parse(reply.text(), settings.algorithm(), offset(reply));
    }
  }

  /** A clock that is off makes every assertion look expired or too long-lived to the server. */
  private Duration offset(Reply reply) {
    Optional<Instant> server = reply.header("Date").flatMap(RetryAfter::httpDate);
    Duration offset = server.map(s -> Duration.between(clock.instant(), s)).orElse(Duration.ZERO);
    if (offset.abs().compareTo(CLOCK_TOLERANCE) <= 0) {
      return Duration.ZERO;
    }
    LOG.warn(
        "This machine's clock is {} s away from the server's; assertions use the server's time",
        offset.toSeconds());
    return offset;
  }

  private AccessToken request(Traffic traffic) throws IOException, PassingFailure {
    Ask ask = Ask.get("get an access token", configuration.tokenEndpoint(), "application/json");
    RequestBuilder post =
        RequestBuilder.post(configuration.tokenEndpoint())
            .setHeader("Accept", "application/json")
            .setEntity(Form.of(form()));
    try (CloseableHttpResponse response = http.send(ask, post, traffic)) {
      Reply reply = Reply.read(response, traffic);
      refuseByOauth(reply);
      Answers.check(ask, reply, clock);
      return granted(reply);
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
    Instant expires = clock.instant().plus(configuration.clockOffset()).plus(ASSERTION_LIFE);
    return SigningKey.load(settings)
        .sign(
            new JWTClaimsSet.Builder()
                .issuer(settings.clientId())
                .subject(settings.clientId())
                .audience(configuration.tokenEndpoint().toString())
                .expirationTime(Date.from(expires))
                .jwtID(UUID.randomUUID().toString())
                .build());
  }

  private static void refuseByOauth(Reply reply) {
    if (reply.status() != 400 && reply.status() != 401) {
      return;
    }
    String error = field(reply, "error").filter(e -> e.matches("[a-z_]{1,40}")).orElse("no reason");
    throw ServerRefusal.because(
        reply.status(),
        List.of(error),
        "Cannot get an access token: the server answered "
            + reply.status()
            + " "
            + error
            + "; check source.client-id, source.key-id, source.scopes and that the public half of"
            + " source.key-file is registered");
  }

  private AccessToken granted(Reply reply) {
    String token =
        field(reply, "access_token")
            .orElseThrow(
                () ->
                    new JobException(
                        ExitCode.REFUSED,
                        "Cannot get an access token: the answer holds none; check that "
                            + configuration.tokenEndpoint()
                            + " is the token endpoint"));
    Optional<String> scope = field(reply, "scope");
    List<String> missing =
        scope.map(granted -> Scopes.missing(settings.scopes(), granted)).orElse(List.of());
    if (!missing.isEmpty()) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot use the access token: the server did not grant "
              + String.join(", ", missing)
              + "; grant it to the application, or ask for less in source.scopes");
    }
    long seconds =
        field(reply, "expires_in")
            .filter(s -> s.matches("[0-9]{1,9}"))
            .map(Long::parseLong)
            .orElse(DEFAULT_TOKEN_SECONDS);
    long margin = Math.min(30, seconds / 10);
    return new AccessToken(new Secret(token), clock.instant().plusSeconds(seconds - margin));
  }

  private static Optional<String> field(Reply reply, String name) {
    try {
      JsonNode value = MAPPER.readTree(reply.text()).path(name);
      return value.isValueNode() && !value.isNull()
          ? Optional.of(value.asText())
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty(); // the callers say what is missing
    }
  }
}
