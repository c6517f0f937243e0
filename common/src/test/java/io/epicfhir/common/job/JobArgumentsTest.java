package io.epicfhir.common.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class JobArgumentsTest {
  @Test
  void readsEveryArgument() {
    JobArguments arguments =
        JobArguments.parse(
            "--conf",
            "p.conf",
            "--dag",
            "etl",
            "--run",
            "r1",
            "--task",
            "extract",
            "--try",
            "3",
            "--tries",
            "3",
            "--interval-start",
            "2026-03-01T00:00:00+00:00",
            "--interval-end",
            "2026-03-01T20:00:00-05:00",
            "--export",
            "e1");
    assertThat(arguments.settingsFile()).isEqualTo("p.conf");
    assertThat(arguments.run().tryNumber()).isEqualTo(3);
    assertThat(arguments.isLastTry()).isTrue();
    assertThat(arguments.run().key()).isEqualTo("etl/r1");
    assertThat(arguments.export()).contains("e1");
    assertThat(arguments.run().extractionDate())
        .as("the UTC date, not the local one")
        .isEqualTo(LocalDate.of(2026, 3, 2));
  }

  @Test
  void aRunWithoutIntervalStartBeginsWhereItEnds() {
    JobArguments arguments =
        JobArguments.parse(
            "--conf",
            "p.conf",
            "--dag",
            "d",
            "--run",
            "r",
            "--task",
            "t",
            "--interval-end",
            "2026-03-01T00:00:00Z");
    assertThat(arguments.run().intervalStart()).isEqualTo(arguments.run().intervalEnd());
    assertThat(arguments.run().tryNumber()).isEqualTo(1);
    assertThat(arguments.isLastTry()).as("nobody says how many there are").isFalse();
  }

  @Test
  void everyProblemIsNamedAtOnce() {
    assertThatThrownBy(
            () ->
                JobArguments.parse(
                    "--conf",
                    "p.conf",
                    "--colour",
                    "red",
                    "--dag",
                    "d",
                    "--dag",
                    "e",
                    "--try",
                    "none",
                    "--interval-end",
                    "tomorrow",
                    "--run"))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContainingAll(
            "unknown argument --colour",
            "--dag is given twice",
            "--run has no value",
            "--task is missing",
            "--try is not a number from 1 on: none",
            "--interval-end is not an ISO 8601 instant: tomorrow",
            "usage:");
  }
}
