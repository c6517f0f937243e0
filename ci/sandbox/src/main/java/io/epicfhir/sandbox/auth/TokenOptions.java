package io.epicfhir.sandbox.auth;

import io.epicfhir.sandbox.epic.Behaviour;
import java.time.Duration;
import java.util.Set;

/**
 * Which tokens are given out, and how.
 *
 * @param grantedScopes what a token can get at most
 * @param tokenLifetime how long it is good
 */
public record TokenOptions(
    Set<Behaviour> behaviours, Set<String> grantedScopes, Duration tokenLifetime) {
  boolean behaves(Behaviour behaviour) {
    return behaviours.contains(behaviour);
  }
}
