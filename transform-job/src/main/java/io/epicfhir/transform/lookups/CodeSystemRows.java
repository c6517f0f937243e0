package io.epicfhir.transform.lookups;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The concepts of a CodeSystem at any depth.
 *
 * @see <a href="https://hl7.org/fhir/R4/codesystem.html">CodeSystem</a>
 */
final class CodeSystemRows {
  private static final Set<String> GONE = Set.of("retired", "deprecated", "withdrawn");

  private final JsonNode resource;
  private final String file;
  private final List<Row> rows = new ArrayList<>();
  private final Set<String> codes = new HashSet<>();

  private CodeSystemRows(JsonNode resource, String file) {
    this.resource = resource;
    this.file = file;
  }

  static List<Row> of(JsonNode resource, String file) {
    return new CodeSystemRows(resource, file).all();
  }

  private List<Row> all() {
    String content = resource.path("content").asText();
    if (!content.equals("complete") && !content.equals("fragment")) {
      throw new LookupRefused(
          file, 0, "its content is \"" + content + "\"; a lookup needs complete or fragment");
    }
    concepts(resource.path("concept"));
    JsonNode count = resource.path("count");
    if (content.equals("complete") && count.isNumber() && count.asLong() != rows.size()) {
      throw new LookupRefused(
          file,
          0,
          "its count says " + count.asLong() + " concepts, but it contains " + rows.size());
    }
    return rows;
  }

  private void concepts(JsonNode concepts) {
    for (JsonNode concept : concepts) {
      String code = FhirLookup.code(concept, file);
      if (!codes.add(code)) {
        throw new LookupRefused(file, 0, "the code " + code + " occurs twice");
      }
      rows.add(
          RowFactory.create(
              FhirLookup.text(resource, "url"),
              FhirLookup.text(resource, "version"),
              code,
              FhirLookup.text(concept, "display"),
              inactive(concept)));
      concepts(concept.path("concept"));
    }
  }

  /** By the properties that FHIR defines for all code systems. */
  private static boolean inactive(JsonNode concept) {
    for (JsonNode property : concept.path("property")) {
      String code = property.path("code").asText();
      boolean inactive =
          code.equals("inactive")
              ? property.path("valueBoolean").asBoolean()
                  || property.path("valueCode").asText().equals("true")
              : code.equals("status") && GONE.contains(property.path("valueCode").asText());
      if (inactive) {
        return true;
      }
    }
    return false;
  }
}
