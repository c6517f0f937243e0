package io.epicfhir.extract.source.answer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ResourceTypeNames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What an OperationOutcome says in codes; its texts may name patients and are not kept. What does
 * not fit the standard (an unknown severity, no code, one issue in place of a list, an outcome
 * inside a Bundle) is read as far as it goes.
 *
 * @param issues in order
 * @param words what its texts hold of resource types, parameters of searches and exports, and
 *     HAPI's message numbers: they name nobody
 */
record Outcome(List<Issue> issues, Set<String> words) {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Set<String> PASSING =
      Set.of("transient", "lock-error", "no-store", "timeout", "throttled", "incomplete");
  private static final Set<String> BUSY = Set.of("transient", "no-store", "throttled");
  private static final Set<String> HARMLESS = Set.of("warning", "information", "success");

  /** FHIR's issue types for what does not exist or was deleted. */
  private static final Set<String> NOT_THERE = Set.of("not-found", "deleted");

  /** Issue types that leave it to the details to say what is wrong. */
  private static final Set<String> GENERAL = Set.of("", "processing", "invalid", "value");

  /**
   * Epic's codes for an id that does not exist (4102) and for a deleted resource (4103), and FHIR's
   * own message codes.
   */
  private static final Set<String> NOT_THERE_DETAILS =
      Set.of("4102", "4103", "MSG_NO_EXIST", "MSG_DELETED", "MSG_DELETED_ID");

  /** Epic's codes for what is there and not shown: no right, break the glass, a daily limit. */
  private static final Set<String> HELD_BACK =
      Set.of("4118", "4119", "4130", "4131", "4134", "4135", "59204");

  /** HAPI's message for a resource that it does not know; it has no code for it. */
  private static final String HAPI_NOT_KNOWN = "HAPI-2001";

  private static final String TYPE = "OperationOutcome";
  private static final int DEEPEST = 6;
  private static final Pattern WORD = Pattern.compile("HAPI-[0-9]{4}|[_$]?[A-Za-z]+");
  private static final Set<String> PARAMETERS =
      Set.of(
          "_type",
          "_since",
          "_until",
          "_typeFilter",
          "_outputFormat",
          "_elements",
          "_count",
          "_id",
          "_lastUpdated",
          "$export",
          "includeAssociatedData",
          "organizeOutputBy",
          "allowPartialManifests");

  /** One issue: its severity, code and the codes of its details; empty where it has none. */
  record Issue(String severity, String code, List<String> details) {
    boolean severe() {
      return !HARMLESS.contains(severity);
    }

    /** Whether it says that the resource is not there, and not that it is held back. */
    boolean notThere(boolean generalWillDo) {
      if (details.stream().anyMatch(HELD_BACK::contains)) {
        return false;
      }
      boolean byDetails = !details.isEmpty() && NOT_THERE_DETAILS.containsAll(details);
      return NOT_THERE.contains(code) || (GENERAL.contains(code) && (byDetails || generalWillDo));
    }
  }

  /** Reads a body; empty where there is no OperationOutcome in it. */
  static Optional<Outcome> of(byte[] body) {
    if (!new String(body, StandardCharsets.UTF_8).contains(TYPE)) {
      return Optional.empty();
    }
    JsonNode root;
    try {
      root = MAPPER.readTree(body);
    } catch (IOException e) {
      return Optional.empty(); // HTML, text or XML
    }
    return find(root, 0).map(Outcome::read);
  }

  private static Optional<JsonNode> find(JsonNode node, int depth) {
    if (node.path("resourceType").asText().equals(TYPE)) {
      return Optional.of(node);
    }
    for (JsonNode child : depth < DEEPEST ? node : MAPPER.createArrayNode()) {
      Optional<JsonNode> found = find(child, depth + 1);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Outcome read(JsonNode outcome) {
    List<Issue> issues = new ArrayList<>();
    Set<String> words = new TreeSet<>();
    for (JsonNode issue : list(outcome.path("issue"))) {
      JsonNode details = issue.path("details");
      List<String> codes = new ArrayList<>();
      for (JsonNode coding : list(details.path("coding"))) {
        code(coding.path("code")).ifPresent(codes::add);
      }
      issues.add(
          new Issue(issue.path("severity").asText(""), code(issue.path("code")).orElse(""), codes));
      harmless(issue.path("diagnostics").asText(""), words);
      harmless(details.path("text").asText(""), words);
    }
    return new Outcome(issues, words);
  }

  /** One object in place of a list counts as a list of it. */
  private static Iterable<JsonNode> list(JsonNode node) {
    return node.isObject() ? List.of(node) : node;
  }

  /** Anything but a code could be a text about a patient. */
  private static Optional<String> code(JsonNode code) {
    return OutcomeWords.code(code.asText(""));
  }

  private static void harmless(String text, Set<String> words) {
    Matcher word = WORD.matcher(text);
    while (word.find()) {
      String one = word.group();
      if (one.startsWith("HAPI-")
          || PARAMETERS.contains(one)
          || ResourceTypeNames.ALL.contains(one)) {
        words.add(one);
      }
    }
  }

  /** Whether the server says that a later try may succeed. */
  boolean passing() {
    return issues.stream().anyMatch(issue -> PASSING.contains(issue.code()));
  }

  /** Whether the server says that it is itself in no state to answer anybody. */
  boolean busy() {
    return issues.stream().anyMatch(issue -> BUSY.contains(issue.code()));
  }

  /** Whether there is an issue of severity error or fatal, or of none. */
  boolean severe() {
    return issues.isEmpty() || issues.stream().anyMatch(Issue::severe);
  }

  /** The codes, for a message. */
  String codes() {
    String codes =
        issues.stream()
            .map(i -> (i.code() + " " + String.join(" ", i.details())).trim())
            .filter(text -> !text.isEmpty())
            .distinct()
            .collect(Collectors.joining(", "));
    return codes.isEmpty() ? "no code" : codes;
  }

  /** Of each issue the server's own codes, or FHIR's where it has none. */
  List<String> ownCodes() {
    return issues.stream()
        .flatMap(i -> (i.details().isEmpty() ? List.of(i.code()) : i.details()).stream())
        .filter(code -> !code.isEmpty())
        .distinct()
        .toList();
  }

  /**
   * Whether it says that the resource does not exist or was deleted. Each of its issues must, or
   * each severe one where it has any: one that speaks of rights, sign-in or a busy server means
   * that the server does not say.
   *
   * @param goneByStatus the answer's status is 410, which says so where the issue types say nothing
   */
  boolean notThere(boolean goneByStatus) {
    List<Issue> severe = issues.stream().filter(Issue::severe).toList();
    List<Issue> telling = severe.isEmpty() ? issues : severe;
    boolean generalWillDo = goneByStatus || words.contains(HAPI_NOT_KNOWN);
    return (goneByStatus || !telling.isEmpty())
        && telling.stream().allMatch(issue -> issue.notThere(generalWillDo));
  }
}
