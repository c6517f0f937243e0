package io.epicfhir.extract.bulk.files;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * What a server says that it could not export, in types and codes; its words may name patients and
 * are not kept.
 *
 * @param issues in order
 */
record ServerProblem(List<Issue> issues) {
  /** Before the code of an issue that only leaves a doubt, in messages and in what accepts it. */
  static final String DOUBT = "warning:";

  /** A line that is no OperationOutcome: nobody knows what it says. */
  static final ServerProblem UNREADABLE =
      new ServerProblem(List.of(new Issue(true, false, true, List.of(), List.of())));

  /**
   * One issue.
   *
   * @param severe whether data are missing by it
   * @param harmless whether none are
   * @param everywhere whether it may concern other types than it names, such as an issue about one
   *     patient, whose records of every type may be missing
   * @param types the resource types that it names; none where it does not say
   * @param codes its own codes before FHIR's
   */
  record Issue(
      boolean severe,
      boolean harmless,
      boolean everywhere,
      List<String> types,
      List<String> codes) {
    Issue {
      types = List.copyOf(types);
      codes = List.copyOf(codes);
    }

    /**
     * Whether it is expected: by a code alone, or by a code for each of its types. What accepts a
     * doubt only, by {@link #DOUBT}, accepts nothing that says that data are missing.
     */
    boolean isAccepted(Collection<String> accepted) {
      return codes.stream().anyMatch(code -> isAccepted(accepted, "", code))
          || (isDoubt() && codes.stream().anyMatch(code -> isAccepted(accepted, DOUBT, code)));
    }

    private boolean isAccepted(Collection<String> accepted, String prefix, String code) {
      return accepted.contains(prefix + code)
          || (!types.isEmpty()
              && types.stream().allMatch(type -> accepted.contains(prefix + type + ":" + code)));
    }

    /** Whether it does not say that data are missing, and does not rule it out either. */
    boolean isDoubt() {
      return !severe && !harmless;
    }

    private boolean concerns(String type) {
      return everywhere || types.isEmpty() || types.contains(type);
    }

    private String key() {
      String code = codes.isEmpty() ? "unreadable" : codes.get(0);
      return (isDoubt() ? DOUBT : "")
          + (types.isEmpty() ? code : String.join("+", types) + ":" + code);
    }
  }

  ServerProblem {
    issues = List.copyOf(issues);
  }

  boolean severe() {
    return issues.stream().anyMatch(Issue::severe);
  }

  /** Whether an export holds all there is in spite of it. */
  boolean harmless() {
    return issues.stream().allMatch(Issue::harmless);
  }

  /** Whether every severe issue of it is expected. */
  boolean isAccepted(Collection<String> accepted) {
    return issues.stream().filter(Issue::severe).allMatch(issue -> issue.isAccepted(accepted));
  }

  /** Whether a type may lack something by it. */
  boolean concerns(String type) {
    return issues.stream()
        .filter(issue -> !issue.harmless())
        .anyMatch(issue -> issue.concerns(type));
  }

  /** The types and codes of its severe issues, such as {@code Condition:59204}. */
  String key() {
    return key(issues.stream().filter(Issue::severe).toList());
  }

  /** The types and codes of the issues that leave a doubt and that nobody accepts; maybe empty. */
  String doubts(Collection<String> accepted) {
    return key(
        issues.stream().filter(Issue::isDoubt).filter(i -> !i.isAccepted(accepted)).toList());
  }

  private static String key(List<Issue> issues) {
    return String.join(", ", new TreeSet<>(issues.stream().map(Issue::key).toList()));
  }
}
