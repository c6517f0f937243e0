package io.epicfhir.extract.bulk;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * The parameters of a kick-off in both forms. Standard: Bulk Data Access 2.0, "Query Parameters".
 */
final class ExportParameters {
  private static final JsonMapper MAPPER = new JsonMapper();

  private ExportParameters() {}

  /** What follows the question mark. */
  static String query(ExportLedger.Asked asked) {
    List<String> parts = new ArrayList<>();
    parts.add("_type=" + BulkExport.encode(String.join(",", asked.types())));
    if (asked.since() != null) {
      parts.add("_since=" + asked.since());
    }
    // Repeated, not joined by commas: a search may hold commas itself.
    asked.typeFilters().forEach(f -> parts.add("_typeFilter=" + BulkExport.encode(f)));
    return String.join("&", parts);
  }

  /** A Parameters resource. */
  static String body(ExportLedger.Asked asked) {
    ObjectNode root = MAPPER.createObjectNode().put("resourceType", "Parameters");
    ArrayNode list = root.putArray("parameter");
    list.addObject().put("name", "_type").put("valueString", String.join(",", asked.types()));
    if (asked.since() != null) {
      list.addObject().put("name", "_since").put("valueInstant", asked.since().toString());
    }
    asked
        .typeFilters()
        .forEach(f -> list.addObject().put("name", "_typeFilter").put("valueString", f));
    return root.toString();
  }
}
