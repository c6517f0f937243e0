package io.epicfhir.extract.bulk.files;

import com.fasterxml.jackson.databind.DeserializationFeature;
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
  private static final JsonMapper ALONE =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final Set<String> MILD = Set.of("warning", "information", "success");

  /** Issue types and codes of Epic that mean that data are missing, however mild they are put. */
  private static final Set<String> MISSING =
      Set.of(
          "incomplete",
          "suppressed",
          "forbidden",
          "security",
          "too-costly",
          "too-long",
          "exception",
          "timeout",
          "throttled",
          "transient",
          "lock-error",
          "no-store",
          "4119",
          "4127",
          "4130",
          "4131",
          "4134",
          "4135",
          "59101",
          "59133",
          "59204");

  /** Epic's: nothing was found, a parameter was passed over: no data are missing. */
  private static final Set<String> HARMLESS = Set.of("4101", "4122", "59100");

  /** FHIR's code of messages that are "unrelated to the success" of what was asked for. */
  private static final String UNRELATED = "informational";

  /** A type, and the id behind it where one resource is named; an XPath has elements there. */
  private static final Pattern TYPE =
      Pattern.compile("^(?:/?f:)?([A-Z][A-Za-z]{1,63})(?:(/(?!f:).+)|[./\\[(].*|$)");

  private static final Set<String> NO_TYPES = Set.of("Bundle", "OperationOutcome", "Parameters");

  /** One of these that could not be exported may take records of every type with it. */
  private static final Set<String> COMPARTMENTS =
      Set.of("Patient", "Group", "Encounter", "Practitioner", "RelatedPerson", "Device");

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
    Iterable<JsonNode> listed = list(root.path("issue"));
    boolean outcome = root.path("resourceType").asText().equals("OperationOutcome");
    if (!outcome || !listed.iterator().hasNext()) {
      return new ErrorLine(root.isObject(), ServerProblem.UNREADABLE);
    }
    List<ServerProblem.Issue> issues = new ArrayList<>();
    for (JsonNode issue : listed) {
      issues.add(issue(issue, fileType));
    }
    return new ErrorLine(true, new ServerProblem(issues));
  }

  /** Whether the bytes are an OperationOutcome, and nothing else. */
  static boolean isOne(byte[] bytes) {
    try {
      return ALONE.readTree(bytes).path("resourceType").asText().equals("OperationOutcome");
    } catch (IOException e) {
      return false;
    }
  }

  /** One value in place of a list counts as a list of it. */
  private static Iterable<JsonNode> list(JsonNode node) {
    return node.isObject() || node.isValueNode() ? List.of(node) : node;
  }

  private static ServerProblem.Issue issue(JsonNode issue, String fileType) {
    List<String> own = new ArrayList<>();
    boolean told = true;
    for (JsonNode coding : list(issue.path("details").path("coding"))) {
      Optional<String> code = code(coding);
      code.ifPresent(own::add);
      told &= code.isPresent() || coding.path("code").asText("").isBlank();
    }
    List<String> codes = new ArrayList<>(own);
    Optional<String> ofFhir = code(issue);
    ofFhir.ifPresent(codes::add);
    String severity = issue.path("severity").asText();
    boolean mild = MILD.contains(severity);
    boolean missing = codes.stream().anyMatch(MISSING::contains);
    boolean unrelated =
        own.isEmpty()
            ? severity.equals("information") && ofFhir.filter(UNRELATED::equals).isPresent()
            : HARMLESS.containsAll(own);
    boolean harmless = mild && !missing && (severity.equals("success") || (told && unrelated));
    Set<String> types = new TreeSet<>();
    boolean everywhere = types(issue, types);
    if (types.isEmpty() && OutcomeWords.isResourceType(fileType)) {
      types.add(fileType);
    }
    types.removeAll(NO_TYPES);
    return new ServerProblem.Issue(
        !mild || missing, harmless, everywhere, List.copyOf(types), codes);
  }

  private static Optional<String> code(JsonNode of) {
    return OutcomeWords.code(of.path("code").asText(""));
  }

  /**
   * Adds the types that an issue names.
   *
   * @return whether it may concern any other as well
   */
  private static boolean types(JsonNode issue, Set<String> types) {
    boolean everywhere = false;
    for (String where : List.of("expression", "location")) {
      for (JsonNode one : list(issue.path(where))) {
        String path = one.asText("").strip();
        Matcher type = TYPE.matcher(path);
        if (type.find() && OutcomeWords.isResourceType(type.group(1))) {
          types.add(type.group(1));
          boolean instance = type.group(2) != null;
          everywhere |= instance && COMPARTMENTS.contains(type.group(1));
          everywhere |= type.group(1).equals("Group");
        } else {
          everywhere |= !path.isEmpty();
        }
      }
    }
    return everywhere;
  }
}
