package io.epicfhir.extract.source.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Link;
import io.epicfhir.extract.source.request.ShownLink;
import io.epicfhir.extract.source.settings.SigningAlgorithm;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What {@code .well-known/smart-configuration} says about getting a token.
 *
 * @param tokenEndpoint where tokens are asked for
 * @param doubts what it does not list, although the client needs it; servers leave such out and
 *     take it all the same
 */
record SmartConfiguration(URI tokenEndpoint, List<String> doubts) {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** The extension that names the token endpoint in a CapabilityStatement, as SMART 1 had it. */
  private static final String OAUTH_URIS =
      "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris";

  /**
   * Reads the configuration.
   *
   * @param from where it was read
   * @return empty where it names no token endpoint, or is something else
   */
  static Optional<SmartConfiguration> parse(String json, URI from, SigningAlgorithm algorithm) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    List<String> doubts = new ArrayList<>();
    doubt(doubts, root, "token_endpoint_auth_methods_supported", "private_key_jwt");
    doubt(doubts, root, "token_endpoint_auth_signing_alg_values_supported", algorithm.name());
    return endpoint(root.path("token_endpoint"), from)
        .map(endpoint -> new SmartConfiguration(endpoint, doubts));
  }

  /** Reads a CapabilityStatement, which servers without a configuration name the endpoint in. */
  static Optional<SmartConfiguration> ofCapability(String json, URI from) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    for (JsonNode rest : root.path("rest")) {
      for (JsonNode extension : rest.path("security").path("extension")) {
        if (extension.path("url").asText().equals(OAUTH_URIS)) {
          for (JsonNode uri : extension.path("extension")) {
            if (uri.path("url").asText().equals("token")) {
              JsonNode value = uri.has("valueUri") ? uri.path("valueUri") : uri.path("valueUrl");
              return endpoint(value, from).map(e -> new SmartConfiguration(e, List.of()));
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  /**
   * The token's way must be as safe as the data's.
   *
   * @throws JobException {@link ExitCode#REFUSED} for plain http to another machine
   */
  private static Optional<URI> endpoint(JsonNode value, URI from) {
    if (!value.isTextual() || value.asText().isBlank()) {
      return Optional.empty();
    }
    URI endpoint;
    try {
      endpoint = Link.resolve(from, value.asText());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    if (!SourceSettings.safe(endpoint)) {
      throw new JobException(
          ExitCode.REFUSED,
          "Cannot get an access token: the server names a token endpoint without https, "
              + ShownLink.of(endpoint, from)
              + "; set source.token-url to the right one");
    }
    return Optional.of(endpoint);
  }

  /** A list that is absent says nothing. */
  private static void doubt(List<String> doubts, JsonNode root, String key, String value) {
    JsonNode list = root.path(key);
    if (!list.isArray()) {
      return;
    }
    for (JsonNode one : list) {
      if (one.asText().equals(value)) {
        return;
      }
    }
    doubts.add(key + " does not list " + value);
  }
}
