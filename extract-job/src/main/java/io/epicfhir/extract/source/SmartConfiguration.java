package io.epicfhir.extract.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.net.URI;
import java.time.Duration;

/**
 * What {@code .well-known/smart-configuration} says about getting a token.
 *
 * @param tokenEndpoint where tokens are asked for
 * @param clockOffset how far the server's clock is ahead of ours, zero within a minute
 */
record SmartConfiguration(URI tokenEndpoint, Duration clockOffset) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /**
   * Checks that the server lets an application in by a signed assertion.
   *
   * @throws JobException {@link ExitCode#REFUSED} where it does not
   */
  static SmartConfiguration parse(String json, SigningAlgorithm algorithm, Duration clockOffset) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw refused("it is not JSON"); // not as cause: it quotes what it could not read
    }
    String endpoint = root.path("token_endpoint").asText("");
    if (!endpoint.matches("https?://.+")) {
      throw refused("token_endpoint is missing");
    }
    requireListed(root, "token_endpoint_auth_methods_supported", "private_key_jwt");
    requireListed(root, "token_endpoint_auth_signing_alg_values_supported", algorithm.name());
    return new SmartConfiguration(URI.create(endpoint), clockOffset);
  }

  /** A list that is absent says nothing; the token endpoint will. */
  private static void requireListed(JsonNode root, String key, String value) {
    JsonNode list = root.path(key);
    if (!list.isArray()) {
      return;
    }
    for (JsonNode one : list) {
      if (one.asText().equals(value)) {
        return;
      }
    }
    throw refused(key + " does not list " + value);
  }

  private static JobException refused(String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot use the server's .well-known/smart-configuration: "
            + why
            + "; check source.base-url and source.algorithm, and that the server offers SMART"
            + " Backend Services");
  }
}
