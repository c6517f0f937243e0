package io.epicfhir.common.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.JobRun;
import io.epicfhir.common.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path folder;

  @Test
  void eachTaskLeavesTwoRecordsThatHoldTheHashOfTheOneBefore() throws Exception {
    JobRun job =
        new JobRun(
            folder,
            "audit.purpose = operations\nsource.base-url = \"https://u:p@ehr.example.org:8443/R4\"");
    assertThat(
            job.run(
                context -> {
                  context
                      .recorder()
                      .resources("Patient", new RunReport.Resources(3L, 2L, 1L, 0L, 9L));
                  context.recorder().patients(2, 4.5);
                }))
        .isZero();
    assertThat(
            job.run(
                context -> {
                  throw new JobException(ExitCode.REFUSED, "Cannot");
                }))
        .isEqualTo(3);

    assertThat(read(1).path("previous").asText()).isEqualTo("0".repeat(64));
    assertThat(read(1).path("status").asText()).isEqualTo("started");
    assertThat(read(1).path("exit_code").isNull()).isTrue();
    JsonNode first = read(2);
    assertThat(first.path("status").asText()).isEqualTo("success");
    assertThat(first.path("destination").asText()).endsWith(folder.resolve("lake").toString());
    assertThat(first.path("purpose").asText()).isEqualTo("operations");
    assertThat(first.path("source").asText()).isEqualTo("https://ehr.example.org:8443");
    assertThat(first.path("principal").asText()).isEqualTo(System.getProperty("user.name"));
    assertThat(first.at("/resources/Patient/received").asLong()).isEqualTo(3);
    assertThat(first.path("patients").asLong()).isEqualTo(2);
    assertThat(first.path("run_id").asText()).isEqualTo("r");
    assertThat(read(4).path("exit_code").asInt()).isEqualTo(3);
    for (int number = 2; number <= 4; number++) {
      byte[] before = Files.readAllBytes(file(number - 1));
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(before);
      assertThat(read(number).path("previous").asText()).isEqualTo(HexFormat.of().formatHex(hash));
    }
  }

  @Test
  void aRunWhoseRecordCannotBeKeptIsNeverGreen() throws IOException {
    JobRun job = new JobRun(folder, "");
    AtomicBoolean worked = new AtomicBoolean();
    Files.createDirectories(folder.resolve("lake"));
    Files.writeString(folder.resolve("lake/audit"), "a file where the folder should be");
    assertThat(job.run(context -> worked.set(true))).isEqualTo(ExitCode.STORAGE.number());
    assertThat(worked).as("no data moves without a record").isFalse();
  }

  private Path file(int number) {
    return folder.resolve("lake/audit/%010d.json".formatted(number));
  }

  private JsonNode read(int number) throws IOException {
    return new ObjectMapper().readTree(file(number).toFile());
  }
}
