package io.epicfhir.extract.source.request;

import io.epicfhir.common.settings.Secret;
import java.time.Instant;

/**
 * A bearer token.
 *
 * @param secret the token
 * @param scope what the server says that it allows; empty where it does not say
 * @param useUntil shortly before it expires
 */
public record AccessToken(Secret secret, String scope, Instant useUntil) {}
