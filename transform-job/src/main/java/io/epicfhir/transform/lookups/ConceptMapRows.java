package io.epicfhir.transform.lookups;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * The mappings of a ConceptMap. A code that maps to nothing has no row.
 *
 * @see <a href="https://hl7.org/fhir/R5/conceptmap.html">ConceptMap</a>
 */
final class ConceptMapRows {
  /**
   * R4 says how the target is to the source, R5 how the source is to the target.
   *
   * @see <a href="https://hl7.org/fhir/R5/conceptmap.html#status">Changes of R5</a>
   */
  private static final Map<String, String> OF_R4 =
      Map.of(
          "relatedto", "related-to",
          "inexact", "related-to",
          "equivalent", "equivalent",
          "equal", "equivalent",
          "wider", "source-is-narrower-than-target",
          "subsumes", "source-is-narrower-than-target",
          "narrower", "source-is-broader-than-target",
          "specializes", "source-is-broader-than-target",
          "disjoint", "not-related-to");

  private ConceptMapRows() {}

  static List<Row> of(JsonNode resource, String file) {
    List<Row> rows = new ArrayList<>();
    for (JsonNode group : resource.path("group")) {
      if (group.has("unmapped")) {
        throw new LookupRefused(
            file, 0, "a group's \"unmapped\" gives no row; list the codes that it stands for");
      }
      String from = canonical(group, "source");
      String to = canonical(group, "target");
      for (JsonNode element : group.path("element")) {
        if (element.path("code").asText().isBlank()) {
          throw new LookupRefused(file, 0, "an element has no code");
        }
        for (JsonNode target : element.path("target")) {
          String relationship = relationship(target, file);
          if (relationship != null && target.has("code")) {
            rows.add(
                RowFactory.create(
                    from,
                    FhirLookup.text(element, "code"),
                    to,
                    FhirLookup.text(target, "code"),
                    relationship));
          }
        }
      }
    }
    return rows;
  }

  private static String canonical(JsonNode group, String key) {
    String url = FhirLookup.text(group, key);
    return url == null ? null : url.replaceFirst("\\|.*$", "");
  }

  /** In the words of R5; null where R4 says that there is no mapping. */
  private static String relationship(JsonNode target, String file) {
    if (target.has("relationship")) {
      return target.path("relationship").asText();
    }
    String equivalence = target.path("equivalence").asText();
    if (equivalence.equals("unmatched")) {
      return null;
    }
    String known = OF_R4.get(equivalence);
    if (known == null) {
      throw new LookupRefused(file, 0, "a target has neither relationship nor equivalence of FHIR");
    }
    return known;
  }
}
