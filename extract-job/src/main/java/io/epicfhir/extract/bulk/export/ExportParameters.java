package io.epicfhir.extract.bulk.export;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.extract.bulk.ledger.ExportRequest;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.request.Link;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a kick-off in both forms. Standard: Bulk Data Access 2.0, "Query Parameters";
 * 4.0 repeats parameters instead of joining values by commas.
 */
final class ExportParameters {
  private static final JsonMapper MAPPER = new JsonMapper();

  private ExportParameters() {}

  /** What follows the question mark. */
  static String query(ExportRequest asked) {
    List<String> parts = new ArrayList<>();
    parts.add("_type=" + Link.component(String.join(",", asked.types())));
    if (asked.since() != null) {
      parts.add("_since=" + asked.since());
    }
    // Repeated, not joined by commas: a search may hold commas itself.
    asked.searches().forEach(f -> parts.add("_typeFilter=" + Link.component(f)));
    return String.join("&", parts);
  }

  /** A Parameters resource. */
  static String body(ExportRequest asked, BulkSettings.PostForm form) {
    ObjectNode root = MAPPER.createObjectNode().put("resourceType", "Parameters");
    ArrayNode list = root.putArray("parameter");
    List<String> types =
        form == BulkSettings.PostForm.REPEATED
            ? asked.types()
            : List.of(String.join(",", asked.types()));
    types.forEach(type -> list.addObject().put("name", "_type").put("valueString", type));
    if (asked.since() != null) {
      list.addObject().put("name", "_since").put("valueInstant", asked.since().toString());
    }
    asked
        .searches()
        .forEach(f -> list.addObject().put("name", "_typeFilter").put("valueString", f));
    return root.toString();
  }
}
