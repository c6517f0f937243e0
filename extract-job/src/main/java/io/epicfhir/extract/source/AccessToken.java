package io.epicfhir.extract.source;

import io.epicfhir.common.Secret;
import java.time.Instant;

/**
 * A bearer token.
 *
 * @param secret the token
 * @param useUntil shortly before it expires
 */
record AccessToken(Secret secret, Instant useUntil) {}
