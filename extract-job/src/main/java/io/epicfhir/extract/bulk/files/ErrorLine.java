package io.epicfhir.extract.bulk.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.extract.source.answer.OutcomeWords;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of an error file: an OperationOutcome about something that could not be exported.
 *
 * @param readable whether it is one
 * @param problem what it reports, in types and codes
 */
record ErrorLine(boolean readable, ServerProblem problem) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Set<String> MILD = Set.of("warning", "information", "success");

  /** Issue types and codes of Epic that mean that data are missing, however mild they are put. */
  private static final Set<String> MISSING =
      Set.of(
          "incomplete",
          "suppressed",
          "forbidden",
          "security",
          "too-costly",
          "exception",
          "4119",
          "4127",
          "4130",
          "4131",
          "4134",
          "4135",
          "59101",
          "59133",
          "59204");

  /** Nothing was found, a parameter was passed over: no data are missing. */
  private static final Set<String> HARMLESS = Set.of("4101", "4122", "59100");

  private static final Pattern TYPE =
      Pattern.compile("^(?:/?f:)?([A-Z][A-Za-z]{1,63})(?:[./\\[(]|$)");
  private static final Set<String> NO_TYPES = Set.of("Bundle", "OperationOutcome", "Parameters");

  /**
   * Reads a line.
   *
   * @param fileType the type that the manifest gives the file
   */
  static ErrorLine of(byte[] bytes, int offset, int length, String fileType) {
    JsonNode root;
    try {
      root = MAPPER.readTree(bytes, offset, length);
    } catch (IOException e) {
      return new ErrorLine(false, ServerProblem.UNREADABLE);
    }
    JsonNode listed = root.path("issue");
    if (!root.path("resourceType").asText().equals("OperationOutcome") || listed.isEmpty()) {
      return new ErrorLine(root.isObject(), ServerProblem.UNREADABLE);
    }
    List<ServerProblem.Issue> issues = new ArrayList<>();
    for (JsonNode issue : listed) {
      issues.add(issue(issue, fileType));
    }
    return new ErrorLine(true, new ServerProblem(issues));
  }

  private static ServerProblem.Issue issue(JsonNode issue, String fileType) {
    List<String> codes = new ArrayList<>();
    for (JsonNode coding : issue.path("details").path("coding")) {
      code(coding).ifPresent(codes::add);
    }
    code(issue).ifPresent(codes::add);
    String severity = issue.path("severity").asText();
    boolean mild = MILD.contains(severity);
    boolean missing = codes.stream().anyMatch(MISSING::contains);
    boolean harmless =
        mild
            && !missing
            && (severity.equals("success") || codes.stream().anyMatch(HARMLESS::contains));
    return new ServerProblem.Issue(!mild || missing, harmless, types(issue, fileType), codes);
  }

  private static Optional<String> code(JsonNode of) {
    return OutcomeWords.code(of.path("code").asText(""));
  }

  private static List<String> types(JsonNode issue, String fileType) {
    Set<String> types = new TreeSet<>();
    for (String where : List.of("expression", "location")) {
      for (JsonNode path : issue.path(where)) {
        Matcher type = TYPE.matcher(path.asText(""));
        if (type.find() && OutcomeWords.isResourceType(type.group(1))) {
          types.add(type.group(1));
        }
      }
    }
    if (types.isEmpty() && OutcomeWords.isResourceType(fileType)) {
      types.add(fileType);
    }
    types.removeAll(NO_TYPES);
    return List.copyOf(types);
  }
}
