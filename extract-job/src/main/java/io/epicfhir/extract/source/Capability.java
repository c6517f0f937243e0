package io.epicfhir.extract.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;

/**
 * Asks the server whether it speaks FHIR R4. Of its CapabilityStatement only the fields that matter
 * are read: whatever else is odd in it keeps nobody from the data.
 */
public final class Capability {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final int LONGEST_NAME = 100;

  private Capability() {}

  /**
   * Returns where it does.
   *
   * @return the server's software and version, for the run report
   * @throws JobException {@link ExitCode#REFUSED} where it speaks another version or no FHIR
   */
  public static String check(SourceClient client, SourceSettings settings, Traffic traffic) {
    String what = "read " + settings.baseUrl() + "/metadata";
    JsonNode statement = read(client.metadata(traffic), what);
    String version = statement.path("fhirVersion").asText("").trim();
    if (!version.matches("4\\.0(\\..*)?")) {
      String told = version.matches("[0-9A-Za-z.-]{1,20}") ? version : "no version";
      throw refused(what, "the server speaks FHIR " + told + ", not 4.0");
    }
    JsonNode software = statement.path("software");
    return (name(software.path("name")) + " " + name(software.path("version"))).trim();
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
    throw refused(what, "the answer is no CapabilityStatement of FHIR R4");
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
