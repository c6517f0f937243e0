package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.job.JobArguments;
import io.epicfhir.common.report.RunRecorder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GroupFailuresTest {
  private final GroupFailures failures = new GroupFailures(new RunRecorder(Instant.EPOCH));
  private final List<String> done = new ArrayList<>();

  private void group(String name, RuntimeException failure) {
    failures.guard(
        () -> Optional.of(name),
        () -> {
          if (failure != null) {
            throw failure;
          }
          done.add(name);
        });
  }

  private JobException raised() {
    return raised("--try", "1");
  }

  private JobException raised(String... more) {
    return catchThrowableOfType(JobException.class, () -> failures.raise(arguments(more)));
  }

  private static JobArguments arguments(String... more) {
    List<String> all = new ArrayList<>(List.of("--conf", "c", "--dag", "d", "--run", "r"));
    all.addAll(List.of("--task", "extract", "--interval-end", "2026-03-02T00:00:00Z"));
    all.addAll(List.of(more));
    return JobArguments.parse(all.toArray(String[]::new));
  }

  @Test
  void aDefectOfOneGroupKeepsNoOtherFromItsEndAndQuotesNothing() {
    group("north", new IllegalStateException("what a resource said"));
    group("south", null);

    assertThat(done).containsExactly("south");
    assertThat(raised().exitCode()).isEqualTo(ExitCode.DEFECT);
    assertThat(raised()).hasMessage("Group \"north\": java.lang.IllegalStateException");
    assertThat(raised()).as("the trace is in the lake").hasRootCauseMessage("what a resource said");
  }

  @Test
  void aFailureKeepsItsExitCodeAndNamesItsGroupOnce() {
    group("north", new JobException(ExitCode.REFUSED, "Cannot read the file: 403; ask"));
    assertThat(raised().exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(raised()).hasMessage("Group \"north\": Cannot read the file: 403; ask");

    GroupFailures named = new GroupFailures(new RunRecorder(Instant.EPOCH));
    String words = "Cannot request the export of group \"north\": 404";
    named.guard(
        () -> Optional.of("north"),
        () -> {
          throw new JobException(ExitCode.REFUSED, words);
        });
    assertThatThrownBy(() -> named.raise(arguments())).hasMessage(words);
  }

  @Test
  void anExitCodeBeneathAnotherExceptionCounts() {
    JobException away = new JobException(ExitCode.STORAGE, "Cannot write");
    group("north", new IllegalStateException(away));

    assertThat(raised().exitCode()).isEqualTo(ExitCode.STORAGE);
  }

  @Test
  void aDefectIsRaisedBeforeWhatAnotherGroupFailedBy() {
    group("north", new JobException(ExitCode.REFUSED, "no"));
    group("south", new IllegalStateException());

    assertThat(raised().exitCode()).isEqualTo(ExitCode.DEFECT);
  }

  @Test
  void withoutAFailureNothingIsRaised() {
    group("north", null);

    failures.raise(arguments());

    assertThat(done).containsExactly("north");
  }

  /** It would take the retries from the other group. */
  @ParameterizedTest
  @CsvSource({
    "REFUSED,UNAVAILABLE",
    "REFUSED,STORAGE",
    "DATA_REFUSED,UNAVAILABLE",
    "DATA_REFUSED,STORAGE",
    "SETTINGS,UNAVAILABLE"
  })
  void whatMayPassIsRaisedBeforeWhatNoRetryMendsUntilTheLastTry(
      ExitCode settled, ExitCode passing) {
    group("north", new JobException(settled, "no"));
    group("south", new JobException(passing, "not now"));
    group("east", new JobException(settled, "no"));

    assertThat(raised("--try", "1", "--tries", "4").exitCode()).isEqualTo(passing);
    assertThat(raised("--try", "3", "--tries", "4").exitCode()).isEqualTo(passing);
    assertThat(raised("--try", "4", "--tries", "4").exitCode()).isEqualTo(settled);
    assertThat(raised().exitCode()).as("nobody says how many there are").isEqualTo(passing);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "4"})
  void theFirstIsRaisedOfSeveralOfOneKind(String number) {
    group("north", new JobException(ExitCode.REFUSED, "no"));
    group("south", new JobException(ExitCode.DATA_REFUSED, "bad"));

    assertThat(raised("--try", number, "--tries", "4").exitCode()).isEqualTo(ExitCode.REFUSED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "4"})
  void aDefectIsRaisedBeforeWhatMayPass(String number) {
    group("north", new JobException(ExitCode.UNAVAILABLE, "not now"));
    group("south", new IllegalStateException());

    assertThat(raised("--try", number, "--tries", "4").exitCode()).isEqualTo(ExitCode.DEFECT);
  }
}
