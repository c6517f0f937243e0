package io.epicfhir.transform.lookups;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The codes of a ValueSet: of its expansion where it has one, else those that it lists.
 *
 * @see <a href="https://hl7.org/fhir/R4/valueset.html">ValueSet</a>
 */
final class ValueSetRows {
  private final JsonNode resource;
  private final String file;

  private ValueSetRows(JsonNode resource, String file) {
    this.resource = resource;
    this.file = file;
  }

  static List<Row> of(JsonNode resource, String file) {
    ValueSetRows rows = new ValueSetRows(resource, file);
    return resource.has("expansion") ? rows.expanded() : rows.enumerated();
  }

  private List<Row> expanded() {
    JsonNode expansion = resource.path("expansion");
    if (expansion.path("offset").asLong() > 0) {
      throw incomplete("it is only one page of an expansion");
    }
    for (JsonNode parameter : expansion.path("parameter")) {
      if (parameter.path("name").asText().equals("limitedExpansion")
          && parameter.path("valueBoolean").asBoolean(true)) {
        throw incomplete("its server says that the expansion is limited");
      }
    }
    for (JsonNode extension : expansion.path("extension")) {
      String url = extension.path("url").asText();
      boolean says = extension.path("valueBoolean").asBoolean(true);
      if (says && url.endsWith("/valueset-toocostly")) {
        throw incomplete("its server says that the expansion is too costly");
      }
      if (says && url.endsWith("/valueset-unclosed")) {
        throw incomplete("its server says that other codes may be in the value set, too");
      }
    }
    List<Row> rows = new ArrayList<>();
    long entries = contains(expansion.path("contains"), rows);
    JsonNode total = expansion.path("total");
    if (total.isNumber() && total.asLong() != rows.size() && total.asLong() != entries) {
      throw incomplete(
          "its expansion has " + rows.size() + " codes of a total of " + total.asLong());
    }
    Map<String, Row> once = new LinkedHashMap<>();
    rows.forEach(row -> once.putIfAbsent(row.getString(0) + "|" + row.getString(2), row));
    return List.copyOf(once.values());
  }

  /**
   * Entries that only group others have no row; how many entries there are with these. A code that
   * stands in several places of a tree has several.
   */
  private long contains(JsonNode contains, List<Row> rows) {
    long entries = 0;
    for (JsonNode entry : contains) {
      entries++;
      if (!entry.path("abstract").asBoolean() && entry.has("code")) {
        rows.add(
            RowFactory.create(
                FhirLookup.text(entry, "system"),
                FhirLookup.text(entry, "version"),
                FhirLookup.code(entry, file),
                FhirLookup.text(entry, "display"),
                entry.path("inactive").asBoolean()));
      }
      entries += contains(entry.path("contains"), rows);
    }
    return entries;
  }

  private List<Row> enumerated() {
    JsonNode compose = resource.path("compose");
    if (compose.path("include").isEmpty()) {
      throw incomplete("it has neither an expansion nor a list of codes");
    }
    Set<String> excluded = new HashSet<>();
    for (JsonNode exclude : compose.path("exclude")) {
      listed(exclude)
          .forEach(concept -> excluded.add(key(exclude, FhirLookup.code(concept, file))));
    }
    Map<String, Row> rows = new LinkedHashMap<>();
    for (JsonNode include : compose.path("include")) {
      for (JsonNode concept : listed(include)) {
        String code = FhirLookup.code(concept, file);
        if (!excluded.contains(key(include, code))) {
          rows.putIfAbsent(
              key(include, code),
              RowFactory.create(
                  FhirLookup.text(include, "system"),
                  FhirLookup.text(include, "version"),
                  code,
                  FhirLookup.text(concept, "display"),
                  false));
        }
      }
    }
    return List.copyOf(rows.values());
  }

  private JsonNode listed(JsonNode part) {
    if (part.path("concept").isEmpty()
        || !part.path("filter").isEmpty()
        || !part.path("valueSet").isEmpty()) {
      throw incomplete("it selects codes by a filter, a whole code system or another value set");
    }
    return part.path("concept");
  }

  private static String key(JsonNode part, String code) {
    return part.path("system").asText() + "|" + code;
  }

  private LookupRefused incomplete(String why) {
    return new LookupRefused(
        file,
        0,
        why + "; expand it completely on a terminology server ($expand), and save the result");
  }
}
