package io.epicfhir.extract;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.report.RunRecorder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

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

  /** Does one group's work; its failure waits for the others. */
  void guard(Runnable work) {
    try {
      work.run();
    } catch (JobException e) {
      failures.add(e);
    }
  }

  /**
   * The same where other groups go on. What a server or a policy has refused for good keeps none of
   * them: extract fails by it when they have landed. What may pass still fails, so that it is tried
   * again.
   */
  void raiseWhatMayPass() {
    List<JobException> refused =
        failures.stream().filter(failure -> failure.exitCode() == ExitCode.REFUSED).toList();
    failures.removeAll(refused);
    raise();
    refused.forEach(
        failure ->
            recorder.note(
                "A group has no export; the others go on, and extract fails by this: "
                    + failure.getMessage()));
  }

  /**
   * Fails where a group did: by the first failure that no retry mends, else by the first. The
   * others are notes of the run report.
   */
  void raise() {
    if (failures.isEmpty()) {
      return;
    }
    JobException worst =
        failures.stream()
            .filter(failure -> !PASSING.contains(failure.exitCode()))
            .findFirst()
            .orElse(failures.get(0));
    failures.stream()
        .filter(failure -> failure != worst)
        .forEach(failure -> recorder.note("Another group also failed: " + failure.getMessage()));
    throw worst;
  }
}
