package io.epicfhir.extract.source.auth;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.extract.source.answer.Reply;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * What the token endpoint answered (RFC 6749, 5). Fields of another type than the standard's are
 * read as what they mean: seconds as text, scopes as a list.
 */
final class TokenAnswer {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final long DEFAULT_SECONDS = 300;
  private static final double LONGEST_SECONDS = 1e9;

  private final JsonNode root;

  private TokenAnswer(JsonNode root) {
    this.root = root;
  }

  /** What is no JSON has none of the fields. */
  static TokenAnswer of(Reply reply) {
    try {
      return new TokenAnswer(MAPPER.readTree(reply.text()));
    } catch (JsonProcessingException e) {
      return new TokenAnswer(MAPPER.createObjectNode());
    }
  }

  Optional<String> token() {
    return text("access_token").filter(t -> t.matches("[\\x21-\\x7e]+"));
  }

  /** Separated by spaces; empty where there is none. */
  String scope() {
    JsonNode scope = root.path("scope");
    return scope.isArray()
        ? StreamSupport.stream(scope.spliterator(), false)
            .map(JsonNode::asText)
            .collect(Collectors.joining(" "))
        : text("scope").orElse("");
  }

  /** How long the token lives. */
  long seconds() {
    Optional<String> seconds = text("expires_in").map(String::trim);
    return seconds
        .filter(s -> s.matches("[0-9]{1,15}(\\.[0-9]*)?"))
        .map(Double::parseDouble)
        .map(s -> (long) Math.min(s, LONGEST_SECONDS))
        .filter(s -> s > 0)
        .orElse(DEFAULT_SECONDS);
  }

  /** The error's name, which is no free text. */
  Optional<String> error() {
    return text("error").filter(e -> e.matches("[a-z_]{1,40}"));
  }

  private Optional<String> text(String name) {
    JsonNode value = root.path(name);
    return value.isValueNode() && !value.isNull() && !value.asText().isBlank()
        ? Optional.of(value.asText())
        : Optional.empty();
  }
}
