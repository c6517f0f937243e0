package io.epicfhir.sandbox.http;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** OperationOutcomes in Epic's words: its own code beside FHIR's. */
public final class Outcomes {
  private static final String EPIC_CODES = "urn:oid:1.2.840.114350.1.13.0.1.7.2.657369";

  private Outcomes() {}

  /** What Epic's code means. */
  public static String text(String epicCode) {
    return switch (epicCode) {
      case "4101" -> "Resource request returns no results.";
      case "4107" -> "The patient has been merged.";
      case "4113" -> "The search session is expired.";
      case "4119" -> "Additional data may exist: the results may be incomplete.";
      case "4122" -> "A parameter was ignored.";
      case "4127" -> "Too many patients in one search.";
      case "4130", "4131" -> "Break-the-glass security restricts this patient.";
      case "4134" -> "Break-the-glass security suppresses data of this patient.";
      case "4135" -> "The daily limit of documents is reached.";
      case "59100" -> "Unknown parameter.";
      case "59101" -> "Invalid value of a parameter.";
      case "59108" -> "A required element is missing.";
      case "59204" -> "The client is not authorized for a part of this resource.";
      default -> "Code " + epicCode;
    };
  }

  public static Reply refused(int status, String code, String diagnostics) {
    return Reply.fhir(status, outcome("error", code, "", diagnostics));
  }

  public static ObjectNode outcome(
      String severity, String code, String epicCode, String diagnostics) {
    ObjectNode outcome = Json.object().put("resourceType", "OperationOutcome");
    add(outcome, severity, code, epicCode, diagnostics);
    return outcome;
  }

  public static void add(
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
