package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path folder;

  @Test
  void eachTaskLeavesARecordThatHoldsTheHashOfTheOneBefore() throws Exception {
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

    JsonNode first = read(1);
    assertThat(first.path("previous").asText()).isEqualTo("0".repeat(64));
    assertThat(first.path("purpose").asText()).isEqualTo("operations");
    assertThat(first.path("source").asText()).isEqualTo("https://ehr.example.org:8443");
    assertThat(first.path("principal").asText()).isEqualTo(System.getProperty("user.name"));
    assertThat(first.at("/resources/Patient/received").asLong()).isEqualTo(3);
    assertThat(first.path("patients").asLong()).isEqualTo(2);
    assertThat(first.path("run_id").asText()).isEqualTo("r");
    JsonNode second = read(2);
    assertThat(second.path("exit_code").asInt()).isEqualTo(3);
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file(1)));
    assertThat(second.path("previous").asText()).isEqualTo(HexFormat.of().formatHex(hash));
  }

  @Test
  void aRunWhoseRecordCannotBeKeptIsNeverGreen() throws IOException {
    JobRun job = new JobRun(folder, "");
    Files.createDirectories(folder.resolve("lake"));
    Files.writeString(folder.resolve("lake/audit"), "a file where the folder should be");
    assertThat(job.run(context -> {})).isEqualTo(ExitCode.STORAGE.number());
  }

  private Path file(int number) {
    return folder.resolve("lake/audit/%010d.json".formatted(number));
  }

  private JsonNode read(int number) throws IOException {
    return new ObjectMapper().readTree(file(number).toFile());
  }
}
