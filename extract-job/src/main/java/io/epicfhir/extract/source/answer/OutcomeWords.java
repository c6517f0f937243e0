package io.epicfhir.extract.source.answer;

import io.epicfhir.common.ResourceTypeNames;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Which of the words that a server puts into an OperationOutcome, a header or a manifest may be
 * shown in messages and reports: only those of a list, as anything else could be a patient's name
 * or number, also where the standard wants a code.
 */
public final class OutcomeWords {
  /** What is shown, and can be accepted, in place of a code that is on no list. */
  public static final String UNLISTED = "unlisted-code";

  /** FHIR's issue types, of R4 and later. */
  private static final Set<String> ISSUE_TYPES =
      Set.of(
          """
          invalid structure required value invariant security login unknown expired forbidden suppressed processing
          not-supported duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly
          business-rule conflict limited-filter transient lock-error no-store exception timeout incomplete throttled
          informational success
          """
              .trim()
              .split("\\s+"));

  private static final Set<String> PROGRESS =
      Set.of(
          """
          accepted and building collecting complete completed done export exported exporting file files finished from
          generating group in initializing item items job of pending percent preparing processed processing progress
          queued records remaining resources running started status submitted total waiting writing
          """
              .trim()
              .split("\\s+"));

  private static final Set<String> COUNTED = Set.of("resources", "records", "items", "files");
  private static final int MOST_WORDS = 50;

  private OutcomeWords() {}

  /**
   * A code as it may be shown, empty if there is none: FHIR's issue types and message codes,
   * HAPI's, and a server's own numbers of up to five digits, such as Epic's; a patient's number is
   * longer.
   */
  public static Optional<String> code(String code) {
    if (!code.matches("[A-Za-z0-9._-]{1,64}")) {
      return Optional.empty(); // no code at all, by the standard's own rule
    }
    boolean listed =
        ISSUE_TYPES.contains(code) || code.matches("[0-9]{1,5}|MSG_[A-Z_]{1,40}|HAPI-[0-9]{4}");
    return Optional.of(listed ? code : UNLISTED);
  }

  /**
   * Whether a header names a request as machines do: a UUID, a trace (W3C traceparent), a long
   * hexadecimal number, or HAPI's sixteen letters and digits.
   */
  static boolean isRequestId(String text) {
    return text.matches(
        "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
            + "|[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}"
            + "|[0-9a-fA-F]{24,64}"
            + "|(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9]{16}");
  }

  /** Whether it is the name of a resource type of FHIR R4. */
  public static boolean isResourceType(String name) {
    return ResourceTypeNames.ALL.contains(name);
  }

  /**
   * How far a server says that its export is (X-Progress): resource types, the words that servers
   * use, percentages, and numbers of up to four digits; each other word is a dash. A longer number
   * could be a patient's. It is shown only as one of two that count things, as in "120000 of 500000
   * resources".
   */
  public static String progress(String text) {
    String[] words = text.split("[^\\p{Alnum}.,/%_-]+", MOST_WORDS);
    String[] bare = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      bare[i] = words[i].replaceAll("^[.,/-]+|[.,/-]+$", "");
    }
    StringBuilder told = new StringBuilder();
    for (int i = 0; i < words.length; i++) {
      boolean listed =
          bare[i].matches("%|[0-9]{1,3}(\\.[0-9]{1,3})?%|[0-9]{1,4}(\\.[0-9]{1,3}|/[0-9]{1,4})?")
              || PROGRESS.contains(bare[i].toLowerCase(Locale.ROOT))
              || isResourceType(bare[i])
              || counts(bare, i)
              || counts(bare, i - 2);
      if (!words[i].isEmpty()) {
        told.append(told.isEmpty() ? "" : " ").append(listed ? words[i] : "-");
      }
    }
    return told.toString();
  }

  /** Whether "number of number things" begins at a word. */
  private static boolean counts(String[] words, int at) {
    return at >= 0
        && at + 3 < words.length
        && words[at].matches("[0-9]{1,9}")
        && words[at + 1].equals("of")
        && words[at + 2].matches("[0-9]{1,9}")
        && COUNTED.contains(words[at + 3].toLowerCase(Locale.ROOT));
  }
}
