package io.epicfhir.transform.lookups;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;

/** A lookup as a CodeSystem, ValueSet or ConceptMap of FHIR, R4 or R5. */
final class FhirLookup {
  static final List<String> CODES =
      List.of("system", "version", "code", "display", "inactive:boolean");

  static final List<String> MAPPINGS =
      List.of("source_system", "source_code", "target_system", "target_code", "relationship");

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private FhirLookup() {}

  /**
   * Reads it whole.
   *
   * @throws LookupRefused where it is none of these, or does not hold all of its codes
   */
  static LookupContent read(String text, String file) {
    JsonNode resource;
    try {
      resource = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new LookupRefused(
          file, line, "this is not valid JSON from here on; the file may be truncated");
    }
    String type = resource.path("resourceType").asText();
    return switch (type) {
      case "CodeSystem" -> content(resource, CODES, CodeSystemRows.of(resource, file));
      case "ValueSet" -> content(resource, CODES, ValueSetRows.of(resource, file));
      case "ConceptMap" -> content(resource, MAPPINGS, ConceptMapRows.of(resource, file));
      default ->
          throw new LookupRefused(
              file, 0, "a lookup must be a CodeSystem, a ValueSet, a ConceptMap or a .csv file");
    };
  }

  private static LookupContent content(JsonNode resource, List<String> columns, List<Row> rows) {
    String description =
        Stream.of("title", "description")
            .map(key -> resource.path(key).asText())
            .filter(text -> !text.isBlank())
            .collect(Collectors.joining("\n"));
    return new LookupContent(
        resource.path("url").asText(), description, LookupColumns.of(columns), rows);
  }

  /** A text, or null where there is none. */
  static String text(JsonNode node, String key) {
    JsonNode value = node.path(key);
    return value.isValueNode() && !value.isNull() ? value.asText() : null;
  }

  /**
   * A code, which must be there.
   *
   * @throws LookupRefused where it is not
   */
  static String code(JsonNode node, String file) {
    String code = text(node, "code");
    if (code == null || code.isBlank()) {
      throw new LookupRefused(file, 0, "a concept has no code");
    }
    return code;
  }
}
