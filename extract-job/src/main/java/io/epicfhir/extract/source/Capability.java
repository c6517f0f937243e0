package io.epicfhir.extract.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.ResourceTypeNames;
import io.epicfhir.extract.source.answer.Reply;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a server that speaks FHIR R4 says of itself. Of its CapabilityStatement only the fields that
 * matter are read: whatever else is odd in it keeps nobody from the data.
 *
 * @param server its software and version, for people; may be empty
 * @param exportsGroups whether it lists the export of a group
 * @param types the resource types that it lists; empty where it lists none
 * @param date the answer's time, by the server
 */
public record Capability(
    String server, boolean exportsGroups, Set<String> types, Optional<Instant> date) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int LONGEST_NAME = 100;

  /**
   * Asks the server.
   *
   * @throws JobException {@link ExitCode#REFUSED} where it speaks another version or no FHIR
   */
  public static Capability check(SourceClient client, SourceSettings settings, Traffic traffic) {
    String what = "read " + settings.baseUrl() + "/metadata";
    Reply reply = client.metadata(traffic);
    JsonNode statement = read(reply, what);
    String version = statement.path("fhirVersion").asText("").trim();
    if (!version.matches("4\\.0(\\..*)?")) {
      String told = version.matches("[0-9A-Za-z.-]{1,20}") ? version : "unknown";
      throw refused(what, "the server's fhirVersion is " + told + ", not 4.0");
    }
    JsonNode software = statement.path("software");
    String server = name(software.path("name")) + " " + name(software.path("version"));
    return new Capability(server.trim(), exportsGroups(statement), types(statement), reply.date());
  }

  private static Set<String> types(JsonNode statement) {
    Set<String> types = new TreeSet<>();
    for (JsonNode rest : statement.path("rest")) {
      for (JsonNode resource : rest.path("resource")) {
        types.add(resource.path("type").asText());
      }
    }
    types.retainAll(ResourceTypeNames.ALL);
    return types;
  }

  private static boolean exportsGroups(JsonNode statement) {
    boolean exports = false;
    for (JsonNode rest : statement.path("rest")) {
      for (JsonNode resource : rest.path("resource")) {
        exports |= resource.path("type").asText().equals("Group") && lists(resource, "export");
      }
      exports |= lists(rest, "group-export");
    }
    return exports;
  }

  private static boolean lists(JsonNode holder, String operation) {
    for (JsonNode one : holder.path("operation")) {
      if (one.path("name").asText().contains(operation)
          || one.path("definition").asText().contains(operation)) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode read(Reply reply, String what) {
    try {
      JsonNode root = MAPPER.readTree(reply.text());
      if (root.path("resourceType").asText().equals("CapabilityStatement")) {
        return root;
      }
    } catch (JsonProcessingException e) {
      // Not as cause: it quotes what it could not read.
    }
    throw refused(what, "the response is not a CapabilityStatement of FHIR R4");
  }

  private static String name(JsonNode text) {
    String name = text.isTextual() ? text.asText().replaceAll("\\p{Cntrl}", " ").trim() : "";
    return name.substring(0, Math.min(name.length(), LONGEST_NAME));
  }

  private static JobException refused(String what, String why) {
    return new JobException(
        ExitCode.REFUSED,
        "Cannot " + what + ": " + why + "; set source.base-url to the base of a FHIR R4 server");
  }
}
