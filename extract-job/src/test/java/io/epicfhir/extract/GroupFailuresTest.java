package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.report.RunRecorder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

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
    return catchThrowableOfType(JobException.class, failures::raise);
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
    assertThatThrownBy(named::raise).hasMessage(words);
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

    failures.raise();

    assertThat(done).containsExactly("north");
  }
}
