package io.epicfhir.extract.preflight;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.extract.source.Reply;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the CapabilityStatement and its answer tell besides the version.
 *
 * @param groupExport whether it lists the export of a group
 * @param types the resource types that it lists
 * @param clockAhead how far the server's clock is ahead of this machine's; empty where it tells no
 *     time
 */
record ServerFacts(boolean groupExport, Set<String> types, Optional<Duration> clockAhead) {
  private static final JsonMapper MAPPER = new JsonMapper();

  static ServerFacts of(Reply metadata, Instant now) {
    JsonNode root = json(metadata.text());
    Set<String> types = new TreeSet<>();
    boolean export = false;
    for (JsonNode rest : root.path("rest")) {
      for (JsonNode resource : rest.path("resource")) {
        types.add(resource.path("type").asText());
        export |= resource.path("type").asText().equals("Group") && exports(resource);
      }
      for (JsonNode operation : rest.path("operation")) {
        export |= operation.path("definition").asText().contains("group-export");
      }
    }
    return new ServerFacts(
        export,
        types,
        metadata.header("Date").flatMap(ServerFacts::date).map(d -> Duration.between(now, d)));
  }

  private static boolean exports(JsonNode group) {
    for (JsonNode operation : group.path("operation")) {
      if (operation.path("name").asText().contains("export")
          || operation.path("definition").asText().contains("export")) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      return MAPPER.createObjectNode(); // the version was read of it, so it is JSON
    }
  }

  private static Optional<Instant> date(String header) {
    try {
      return Optional.of(
          ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
