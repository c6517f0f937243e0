package io.epicfhir.extract.source;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.parser.DataFormatException;
import ca.uhn.fhir.parser.LenientErrorHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.hl7.fhir.r4.model.Coding;
import org.hl7.fhir.r4.model.OperationOutcome;
import org.hl7.fhir.r4.model.OperationOutcome.OperationOutcomeIssueComponent;

/**
 * What an OperationOutcome says in codes; its texts may name patients and are not kept.
 *
 * @param issues in order
 */
record Outcome(List<Issue> issues) {
  private static final Set<String> PASSING =
      Set.of("transient", "lock-error", "no-store", "timeout", "throttled", "incomplete");

  /** One issue: its severity, code and the codes of its details. */
  record Issue(String severity, String code, List<String> details) {
    boolean severe() {
      return !severity.equals("warning") && !severity.equals("information");
    }
  }

  /** Reads a body; empty where it is no OperationOutcome. */
  static Optional<Outcome> of(String body) {
    if (!body.contains("OperationOutcome")) {
      return Optional.empty();
    }
    try {
      OperationOutcome outcome =
          FhirContext.forR4Cached()
              .newJsonParser()
              .setParserErrorHandler(new LenientErrorHandler(false))
              .parseResource(OperationOutcome.class, body);
      return Optional.of(new Outcome(outcome.getIssue().stream().map(Outcome::issue).toList()));
    } catch (DataFormatException e) {
      return Optional.empty(); // HTML, text, or JSON that is no OperationOutcome
    }
  }

  /** Whether the server says that a later try may succeed. */
  boolean passing() {
    return issues.stream().anyMatch(issue -> PASSING.contains(issue.code()));
  }

  /** Whether there is an issue of severity error or fatal, or of none. */
  boolean severe() {
    return issues.isEmpty() || issues.stream().anyMatch(Issue::severe);
  }

  /** The codes, for a message. */
  String codes() {
    return issues.stream()
        .map(i -> String.join(" ", i.details().isEmpty() ? List.of(i.code()) : join(i)))
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** Of each issue the server's own codes, or FHIR's where it has none. */
  List<String> ownCodes() {
    return issues.stream()
        .flatMap(i -> (i.details().isEmpty() ? List.of(i.code()) : i.details()).stream())
        .distinct()
        .toList();
  }

  private static List<String> join(Issue issue) {
    List<String> all = new ArrayList<>(List.of(issue.code()));
    all.addAll(issue.details());
    return all;
  }

  private static Issue issue(OperationOutcomeIssueComponent issue) {
    List<String> details = issue.getDetails().getCoding().stream().map(Coding::getCode).toList();
    return new Issue(
        issue.getSeverity() == null ? "" : issue.getSeverity().toCode(),
        issue.getCode() == null ? "" : issue.getCode().toCode(),
        details.stream().filter(c -> c != null && c.matches("[A-Za-z0-9._-]{1,64}")).toList());
  }
}
