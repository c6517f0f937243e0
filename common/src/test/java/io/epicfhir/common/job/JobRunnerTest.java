package io.epicfhir.common.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRun;
import io.epicfhir.common.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.functions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobRunnerTest {
  @TempDir Path folder;
  private JobRun jobRun;

  @BeforeEach
  void settings() throws IOException {
    jobRun = new JobRun(folder, "");
  }

  @Test
  void aSparkJobsReportHasStagesMemoryCountersAndItsResult() throws IOException {
    int exit =
        jobRun.run(
            context -> {
              context.spark().sparkContext().setJobGroup("write numbers", "", false);
              context
                  .spark()
                  .range(0, 1000, 1, 4)
                  .groupBy(functions.col("id").mod(7))
                  .count()
                  .write()
                  .parquet(context.lake().paths().at("out").toString());
              context.recorder().output("numbers", "out", 7L, null);
              context.recorder().registry().counter("made").inc(7);
              context.recorder().registry().timer("t").update(20, TimeUnit.MILLISECONDS);
              context.recorder().resources("Patient", new RunReport.Resources(3L, 2L, 1L, 0L, 9L));
              context.recorder().patients(2, 4.5);
              context.recorder().result("export_id", "e1");
            });
    assertThat(exit).isZero();
    JsonNode report = jobRun.report();
    assertThat(report.at("/schema_version").asInt()).isEqualTo(1);
    assertThat(report.at("/run/status").asText()).isEqualTo("success");
    assertThat(report.at("/run/task_id").asText()).isEqualTo("count");
    assertThat(report.at("/run/logical_date").asText()).isEqualTo("2026-01-01T00:00:00Z");
    assertThat(report.at("/run/settings_hash").asText()).hasSize(16);
    assertThat(report.at("/result/export_id").asText()).isEqualTo("e1");
    assertThat(report.at("/counters/made").asLong()).isEqualTo(7);
    assertThat(report.at("/timers/t/mean_ms").asDouble()).isEqualTo(20);
    assertThat(report.at("/resources/Patient/rejected").asLong()).isEqualTo(1);
    assertThat(report.at("/patients/ms_per_patient").asDouble()).isEqualTo(4.5);
    assertThat(report.at("/memory/driver_heap_peak_bytes").asLong()).isPositive();
    assertThat(report.at("/stages").size()).isGreaterThanOrEqualTo(2);
    JsonNode last = report.at("/stages").get(report.at("/stages").size() - 1);
    assertThat(last.at("/job_group").asText()).isEqualTo("write numbers");
    assertThat(last.at("/records_written").asLong()).isEqualTo(7);
    assertThat(last.at("/duration_ms/max").asLong())
        .isGreaterThanOrEqualTo(last.at("/duration_ms/p50").asLong());
  }

  @Test
  void aFailureIsReportedWithItsCodeAndMessage() throws IOException {
    int exit =
        jobRun.run(
            context -> {
              throw new JobException(
                  ExitCode.REFUSED, "Cannot export the group: x; ask for access");
            });
    assertThat(exit).isEqualTo(3);
    assertThat(jobRun.report().at("/run/status").asText()).isEqualTo("failed");
    assertThat(jobRun.report().at("/run/exit_code").asInt()).isEqualTo(3);
    assertThat(jobRun.report().at("/run/error").asText()).startsWith("Cannot export the group");
  }

  @Test
  void aDefectsMessageStaysOutOfTheReportForItMayQuoteData() throws IOException {
    int exit =
        jobRun.run(
            context -> {
              throw new IllegalStateException("Jane Doe");
            });
    assertThat(exit).isEqualTo(1);
    assertThat(jobRun.report().at("/run/error").asText())
        .isEqualTo("java.lang.IllegalStateException");
    assertThat(jobRun.report().toString()).doesNotContain("Jane");
  }

  @Test
  void theCodeOfACauseCountsWhereSparkWrapsIt() {
    int exit =
        jobRun.run(
            context -> {
              throw new IllegalStateException(new JobException(ExitCode.DATA_REFUSED, "Cannot"));
            });
    assertThat(exit).isEqualTo(5);
  }

  @Test
  void aReportThatCannotBeWrittenIsNeverGreen() throws IOException {
    Files.writeString(folder.resolve("lake"), "a file where the lake should be");
    assertThat(jobRun.run(context -> {})).isEqualTo(ExitCode.STORAGE.number());
  }

  @Test
  void badArgumentsAndBadSettingsEndWithTwo() throws IOException {
    assertThat(JobRunner.run(JobRun.job(context -> {}), "--conf")).isEqualTo(2);
    Files.writeString(jobRun.settings(), "epic-fhir { }");
    assertThat(jobRun.run(context -> {})).isEqualTo(2);
  }
}
