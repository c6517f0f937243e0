package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.SettingsFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExtractSettingsTest {
  private static final String SHIPPED =
      "include file(\"" + Path.of("../conf/pipeline.conf").toAbsolutePath().normalize() + "\")\n";

  @TempDir Path folder;

  private ExtractSettings read(String text) throws IOException {
    Path key = Files.writeString(folder.resolve("key.pem"), "k");
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    Path file = Files.writeString(folder.resolve("pipeline.conf"), SHIPPED + text);
    return ExtractSettings.from(SettingsFile.load(file.toString()));
  }

  @Test
  void the_shipped_file_gives_the_defaults() throws IOException {
    ExtractSettings settings = read("epic-fhir.source.key-file = key.pem");

    assertThat(settings.source())
        .isEqualTo(
            new SourceSettings(
                URI.create("http://127.0.0.1:8080/fhir"),
                "epic-fhir-pipeline",
                folder.resolve("key.pem"),
                "pipeline-1",
                SigningAlgorithm.RS384,
                List.of("system/*.read"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                6,
                Duration.ofSeconds(1),
                Duration.ofMinutes(15)));
    assertThat(settings.bulk().group()).isEqualTo("all-patients");
    assertThat(settings.bulk().types()).hasSize(25).contains("Patient", "ExplanationOfBenefit");
    assertThat(settings.bulk())
        .isEqualTo(
            new BulkSettings(
                "all-patients",
                settings.bulk().types(),
                BulkSettings.Mode.INCREMENTAL,
                Duration.ofHours(20),
                Duration.ofSeconds(30),
                0.0,
                false,
                Duration.ofMinutes(5)));
    assertThat(settings.bronze()).isEqualTo(new BronzeSettings(128L << 20, 100 << 20));
  }

  @Test
  void every_key_is_read() throws IOException {
    ExtractSettings settings =
        read(
            """
            epic-fhir.source {
              base-url = "https://fhir.example.org/api/FHIR/R4/", client-id = c, key-file = key.pem
              key-id = k, algorithm = ES384, scopes = "system/Patient.read,system/Group.read"
              connect-timeout = 1s, idle-timeout = 2s, max-tries = 3, first-pause = 4s
              retry-budget = 5s
            }
            epic-fhir.bulk {
              group = g, types = "Patient,Goal", mode = full, deadline = 6s, poll-interval = 7s
              max-rejected-share = 0.25, allow-errors = true, lock-patience = 8s
            }
            epic-fhir.bronze { target-file-size = 1MiB, max-line-size = 2KiB }
            """);

    assertThat(settings)
        .isEqualTo(
            new ExtractSettings(
                new SourceSettings(
                    URI.create("https://fhir.example.org/api/FHIR/R4"),
                    "c",
                    folder.resolve("key.pem"),
                    "k",
                    SigningAlgorithm.ES384,
                    List.of("system/Patient.read", "system/Group.read"),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    3,
                    Duration.ofSeconds(4),
                    Duration.ofSeconds(5)),
                new BulkSettings(
                    "g",
                    List.of("Patient", "Goal"),
                    BulkSettings.Mode.FULL,
                    Duration.ofSeconds(6),
                    Duration.ofSeconds(7),
                    0.25,
                    true,
                    Duration.ofSeconds(8)),
                new BronzeSettings(1 << 20, 2 << 10)));
  }
}
