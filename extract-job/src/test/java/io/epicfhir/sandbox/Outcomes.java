package io.epicfhir.sandbox;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** OperationOutcomes in Epic's words: its own code beside FHIR's. */
final class Outcomes {
  private static final String EPIC_CODES = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369";

  private Outcomes() {}

  static Reply refused(int status, String code, String diagnostics) {
    return Reply.fhir(status, outcome("error", code, "", diagnostics));
  }

  static ObjectNode outcome(String severity, String code, String epicCode, String diagnostics) {
    ObjectNode outcome = Json.object().put("resourceType", "OperationOutcome");
    add(outcome, severity, code, epicCode, diagnostics);
    return outcome;
  }

  static void add(
      ObjectNode outcome, String severity, String code, String epicCode, String diagnostics) {
    ArrayNode issues = outcome.withArray("issue");
    ObjectNode issue = issues.addObject().put("severity", severity).put("code", code);
    if (!epicCode.isEmpty()) {
      ObjectNode details = issue.putObject("details");
      details.putArray("coding").addObject().put("system", EPIC_CODES).put("code", epicCode);
      details.put("text", diagnostics);
    }
    issue.put("diagnostics", diagnostics);
  }
}
