package io.epicfhir.sandbox.auth;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The clients that a site's administrator registered, with their public keys. */
public final class RegisteredClients {
  private final Map<String, JWKSet> keys = new ConcurrentHashMap<>();

  /** Registers a client, or replaces its keys. */
  public RegisteredClients register(String clientId, JWKSet publicKeys) {
    keys.put(clientId, publicKeys.toPublicJWKSet());
    return this;
  }

  boolean knows(String clientId) {
    return keys.containsKey(clientId);
  }

  Optional<JWK> key(String clientId, String kid) {
    return Optional.ofNullable(keys.get(clientId)).map(set -> set.getKeyByKeyId(kid));
  }
}
