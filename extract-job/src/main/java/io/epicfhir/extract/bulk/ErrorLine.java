package io.epicfhir.extract.bulk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.Set;

/**
 * A line of an error file: an OperationOutcome about something that could not be exported.
 *
 * @param readable whether it is one
 * @param severe whether it reports an error; one that cannot be read does
 */
record ErrorLine(boolean readable, boolean severe) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Set<String> HARMLESS = Set.of("warning", "information", "success");

  static ErrorLine of(byte[] bytes, int offset, int length) {
    JsonNode root;
    try {
      root = MAPPER.readTree(bytes, offset, length);
    } catch (IOException e) {
      return new ErrorLine(false, true);
    }
    boolean outcome = root.path("resourceType").asText().equals("OperationOutcome");
    JsonNode issues = root.path("issue");
    boolean harmless = outcome && !issues.isEmpty();
    for (JsonNode issue : issues) {
      harmless &= HARMLESS.contains(issue.path("severity").asText());
    }
    return new ErrorLine(root.isObject(), !harmless);
  }
}
