package io.epicfhir.sandbox.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Checks a SMART Backend Services client assertion; refuses with the reason. */
public final class ClientAssertion {
  static final Set<JWSAlgorithm> ALGORITHMS = Set.of(JWSAlgorithm.RS384, JWSAlgorithm.ES384);
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final int LONGEST_JTI = 151;

  /** Why a client was not believed. */
  static final class Refused extends Exception {
    Refused(String message) {
      super(message);
    }
  }

  private final RegisteredClients clients;
  private final Clock clock;
  private final Map<String, Instant> seen = new ConcurrentHashMap<>();

  public ClientAssertion(RegisteredClients clients, Clock clock) {
    this.clients = clients;
    this.clock = clock;
  }

  /** The client's id. */
  String check(String assertion, String tokenUrl) throws Refused {
    try {
      SignedJWT jwt = SignedJWT.parse(assertion);
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      String client = client(claims);
      checkSignature(jwt, client);
      require(claims.getAudience().contains(tokenUrl), "aud is not the token endpoint " + tokenUrl);
      Instant expires = checkTimes(claims);
      checkJti(client, claims.getJWTID(), expires);
      return client;
    } catch (ParseException | JOSEException e) {
      throw new Refused("client_assertion is no signed JWT");
    }
  }

  private String client(JWTClaimsSet claims) throws Refused {
    String issuer = claims.getIssuer();
    require(issuer != null && issuer.equals(claims.getSubject()), "iss and sub differ");
    require(clients.knows(issuer), "unknown client " + issuer);
    return issuer;
  }

  private void checkSignature(SignedJWT jwt, String client)
      throws Refused, JOSEException, ParseException {
    JWSAlgorithm algorithm = jwt.getHeader().getAlgorithm();
    require(ALGORITHMS.contains(algorithm), "alg " + algorithm + " is neither RS384 nor ES384");
    require(
        jwt.getHeader().getType() != null && "JWT".equals(jwt.getHeader().getType().getType()),
        "typ is not JWT");
    String kid = jwt.getHeader().getKeyID();
    Optional<JWK> key = kid == null ? Optional.empty() : clients.key(client, kid);
    require(key.isPresent(), "kid " + kid + " is not in the client's key set");
    require(
        algorithm.equals(JWSAlgorithm.RS384) == key.get() instanceof RSAKey,
        "alg " + algorithm + " does not fit the key " + kid);
    require(jwt.verify(verifier(key.get())), "the signature does not fit the key " + kid);
  }

  private static JWSVerifier verifier(JWK key) throws Refused, JOSEException {
    if (key instanceof RSAKey rsa) {
      return new RSASSAVerifier(rsa);
    }
    if (key instanceof ECKey ec) {
      return new ECDSAVerifier(ec);
    }
    throw new Refused("the key " + key.getKeyID() + " is neither RSA nor EC");
  }

  private Instant checkTimes(JWTClaimsSet claims) throws Refused {
    Instant now = clock.instant();
    require(claims.getExpirationTime() != null, "exp is missing");
    Instant expires = claims.getExpirationTime().toInstant();
    require(expires.isAfter(now), "exp is past; server time is " + now);
    require(
        !expires.isAfter(now.plus(LONGEST)),
        "exp is more than 5 minutes ahead; server time is " + now);
    for (java.util.Date begin :
        new java.util.Date[] {claims.getNotBeforeTime(), claims.getIssueTime()}) {
      require(
          begin == null || !begin.toInstant().isAfter(now),
          "nbf or iat is in the future; server time is " + now);
    }
    return expires;
  }

  private void checkJti(String client, String jti, Instant expires) throws Refused {
    require(jti != null && !jti.isEmpty(), "jti is missing");
    require(jti.length() <= LONGEST_JTI, "jti is longer than " + LONGEST_JTI + " characters");
    Instant now = clock.instant();
    seen.values().removeIf(until -> until.isBefore(now));
    require(seen.putIfAbsent(client + " " + jti, expires) == null, "jti was used before");
  }

  private static void require(boolean condition, String otherwise) throws Refused {
    if (!condition) {
      throw new Refused(otherwise);
    }
  }
}
