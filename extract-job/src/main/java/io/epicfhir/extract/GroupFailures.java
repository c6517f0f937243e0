package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import io.epicfhir.common.report.RunRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The failures of single groups of a run: each keeps no other group from coming to its end, and the
 * run is red all the same.
 */
final class GroupFailures {
  private static final Set<ExitCode> PASSING = Set.of(ExitCode.UNAVAILABLE, ExitCode.STORAGE);

  private final RunRecorder recorder;
  private final List<JobException> failures = new ArrayList<>();

  GroupFailures(RunRecorder recorder) {
    this.recorder = recorder;
  }

  /** Does work for all groups; its failure is one beside those of single groups. */
  void guard(Runnable work) {
    guard(Optional::empty, work);
  }

  /**
   * Does one group's work; its failure waits for the others, and names the group.
   *
   * @param group empty where there is no other
   */
  void guard(Supplier<Optional<String>> group, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      failures.add(named(known(group), e));
    }
  }

  /** A ledger that cannot be read is what failed; it then names itself. */
  private static Optional<String> known(Supplier<Optional<String>> group) {
    try {
      return group.get();
    } catch (JobException e) {
      return Optional.empty();
    }
  }

  /** A defect's own words may quote what was read: its class has to do. */
  private static JobException named(Optional<String> group, RuntimeException e) {
    String words = e instanceof JobException ? e.getMessage() : e.getClass().getName();
    Optional<String> unnamed = group.filter(name -> !words.contains("\"" + name + "\""));
    if (e instanceof JobException known && unnamed.isEmpty()) {
      return known;
    }
    String prefix = unnamed.map(name -> "Group \"" + name + "\": ").orElse("");
    ExitCode code = JobException.in(e).map(JobException::exitCode).orElse(ExitCode.DEFECT);
    return new JobException(code, prefix + words, e);
  }

  /**
   * Whether no later try of a task before extract can have another end: a server or a policy has
   * refused for good, or a server did not answer and this try is the last.
   */
  static boolean isSettled(JobException failure, JobArguments arguments) {
    return failure.exitCode() == ExitCode.REFUSED
        || (failure.exitCode() == ExitCode.UNAVAILABLE && arguments.isLastTry());
  }

  /**
   * The same where other groups go on. What is settled keeps none of them: extract fails by it when
   * they have landed. What may pass still fails, so that it is tried again.
   */
  void raiseWhatMayPass(JobArguments arguments) {
    List<JobException> settled =
        failures.stream().filter(failure -> isSettled(failure, arguments)).toList();
    failures.removeAll(settled);
    raise(arguments);
    settled.forEach(
        failure ->
            recorder.note(
                failure instanceof EarlierExport
                    ? failure.getMessage()
                    : "A group has no export; the others go on, and extract fails by this: "
                        + failure.getMessage()));
  }

  /**
   * Fails where a group did: by a defect, whose trace is kept then; else, unless this try is the
   * last, by the first failure that may pass, so that no other group's takes the retries from it;
   * else by the first that no retry mends. The others are notes of the run report.
   */
  void raise(JobArguments arguments) {
    if (failures.isEmpty()) {
      return;
    }
    boolean passingFirst = !arguments.isLastTry();
    JobException worst =
        failures.stream()
            .filter(failure -> failure.exitCode() == ExitCode.DEFECT)
            .findFirst()
            .or(
                () ->
                    failures.stream()
                        .filter(failure -> PASSING.contains(failure.exitCode()) == passingFirst)
                        .findFirst())
            .orElse(failures.get(0));
    failures.stream()
        .filter(failure -> failure != worst)
        .forEach(failure -> recorder.note("Another group also failed: " + failure.getMessage()));
    throw worst;
  }
}
