package io.epicfhir.sandbox.auth;

import io.epicfhir.sandbox.http.Request;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The access tokens that were given out and are still good. */
public final class AccessTokens {
  /** What a token is good for. */
  public record Grant(String clientId, Scopes scopes, Instant expires) {}

  private final Map<String, Grant> grants = new ConcurrentHashMap<>();
  private final SecureRandom random = new SecureRandom();
  private final Clock clock;

  public AccessTokens(Clock clock) {
    this.clock = clock;
  }

  String issue(String clientId, Scopes scopes, Duration lifetime) {
    byte[] bytes = new byte[24];
    random.nextBytes(bytes);
    String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    grants.put(token, new Grant(clientId, scopes, clock.instant().plus(lifetime)));
    return token;
  }

  public Optional<Grant> grant(Request request) {
    return bearer(request)
        .map(grants::get)
        .filter(grant -> clock.instant().isBefore(grant.expires()));
  }

  /** Whose token it is, good or not. */
  public Optional<String> client(Request request) {
    return bearer(request).map(grants::get).map(Grant::clientId);
  }

  public void expire(Request request) {
    bearer(request)
        .ifPresent(
            token ->
                grants.computeIfPresent(
                    token, (t, grant) -> new Grant(grant.clientId(), grant.scopes(), Instant.MIN)));
  }

  private static Optional<String> bearer(Request request) {
    return request
        .header("Authorization")
        .filter(value -> value.regionMatches(true, 0, "Bearer ", 0, 7))
        .map(value -> value.substring(7).strip());
  }
}
