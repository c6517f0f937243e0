package io.epicfhir.common.job;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.LogicalRun;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The command line that every job takes.
 *
 * @param settingsFile path of the HOCON settings
 * @param run which run, task and try this is
 * @param tries how many tries the scheduler gives the task in all; 0 where nobody says
 * @param export the export to work on, if the task gets one; several joined by commas
 * @param types resource types whose tables are to be rebuilt
 * @param views views whose tables are to be rebuilt
 * @param verify tables to compare with their views value by value, or {@code all}
 * @param acceptedDeletions how many deletions of a resource type somebody has accepted although no
 *     server said that the resources are gone
 * @param reason why a person asks for this; empty where nobody does
 * @param patients path of a list of patients, where the task is given one
 * @param approved digest of the patients that a person has approved, where the task is given one
 * @param mode which of the things that the job can do; empty where it does one only
 */
public record JobArguments(
    String settingsFile,
    LogicalRun run,
    int tries,
    Optional<String> export,
    List<String> types,
    List<String> views,
    List<String> verify,
    Map<String, Long> acceptedDeletions,
    String reason,
    Optional<String> patients,
    Optional<String> approved,
    String mode) {
  private static final Set<String> KNOWN =
      Set.of(
          "conf",
          "dag",
          "run",
          "task",
          "try",
          "tries",
          "interval-start",
          "interval-end",
          "export",
          "types",
          "views",
          "verify",
          "accept-deletions",
          "reason",
          "patients",
          "approved",
          "mode");

  /** How to call a job; part of every complaint about arguments. */
  public static final String USAGE =
      "--conf FILE --dag ID --run ID --task ID [--try N [--tries N]] --interval-end INSTANT"
          + " [--interval-start INSTANT] [--export ID,...] [--types TYPE,...] [--views NAME,...]"
          + " [--verify NAME,...|all]"
          + " [--accept-deletions TYPE:NUMBER,... --reason TEXT] [--patients FILE --mode MODE [--approved DIGEST]]";

  /**
   * Reads {@code --name value} pairs.
   *
   * @throws JobException {@link ExitCode#SETTINGS} naming every problem at once
   */
  public static JobArguments parse(String... args) {
    List<String> problems = new ArrayList<>();
    Map<String, String> values = pairs(args, problems);
    String conf = required(values, "conf", problems);
    String dag = required(values, "dag", problems);
    String runId = required(values, "run", problems);
    String task = required(values, "task", problems);
    int tryNumber = tryNumber("try", values.getOrDefault("try", "1"), problems);
    int tries = values.containsKey("tries") ? tryNumber("tries", values.get("tries"), problems) : 0;
    Instant end = instant("interval-end", required(values, "interval-end", problems), problems);
    Instant start =
        values.containsKey("interval-start")
            ? instant("interval-start", values.get("interval-start"), problems)
            : end;
    Map<String, Long> accepted = accepted(values.get("accept-deletions"), problems);
    String reason = values.getOrDefault("reason", "");
    if (!accepted.isEmpty() && reason.isBlank()) {
      problems.add("--accept-deletions needs a --reason");
    }
    if (!problems.isEmpty()) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot use the arguments: " + String.join("; ", problems) + "; usage: " + USAGE);
    }
    return new JobArguments(
        conf,
        new LogicalRun(dag, runId, task, tryNumber, start, end),
        tries,
        Optional.ofNullable(values.get("export")),
        list(values.get("types")),
        list(values.get("views")),
        list(values.get("verify")),
        accepted,
        reason,
        Optional.ofNullable(values.get("patients")),
        Optional.ofNullable(values.get("approved")),
        values.getOrDefault("mode", ""));
  }

  /** Whether the scheduler will not try the task again. */
  public boolean isLastTry() {
    return tries > 0 && run.tryNumber() >= tries;
  }

  private static Map<String, Long> accepted(String text, List<String> problems) {
    Map<String, Long> accepted = new LinkedHashMap<>();
    for (String one : list(text)) {
      if (one.matches("[A-Z][A-Za-z]+:[0-9]{1,12}")) {
        int colon = one.indexOf(':');
        accepted.put(one.substring(0, colon), Long.parseLong(one.substring(colon + 1)));
      } else {
        problems.add("--accept-deletions is not a list of TYPE:NUMBER: " + one);
      }
    }
    return accepted;
  }

  /** The exports to work on, if the task gets any. */
  public List<String> exports() {
    return list(export.orElse(null));
  }

  private static List<String> list(String text) {
    return text == null ? List.of() : List.of(text.split(","));
  }

  private static Map<String, String> pairs(String[] args, List<String> problems) {
    Map<String, String> values = new LinkedHashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!KNOWN.contains(name)) {
        problems.add("unknown argument " + args[i]);
      } else if (i + 1 == args.length) {
        problems.add(args[i] + " has no value");
      } else if (values.put(name, args[i + 1]) != null) {
        problems.add(args[i] + " is given twice");
      }
    }
    return values;
  }

  private static String required(Map<String, String> values, String name, List<String> problems) {
    String value = values.getOrDefault(name, "");
    if (value.isBlank()) {
      problems.add("--" + name + " is missing");
    }
    return value;
  }

  private static int tryNumber(String name, String text, List<String> problems) {
    if (text.matches("[1-9][0-9]{0,5}")) {
      return Integer.parseInt(text);
    }
    problems.add("--" + name + " is not a number from 1 on: " + text);
    return 1;
  }

  private static Instant instant(String name, String text, List<String> problems) {
    if (text.isBlank()) {
      return Instant.EPOCH;
    }
    try {
      return java.time.OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      problems.add("--" + name + " is not an ISO 8601 instant: " + text);
      return Instant.EPOCH;
    }
  }
}
