package io.epicfhir.extract.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.extract.bronze.BronzeSettings;
import io.epicfhir.extract.bulk.settings.BulkCoverage;
import io.epicfhir.extract.bulk.settings.BulkSettings;
import io.epicfhir.extract.source.settings.SigningAlgorithm;
import io.epicfhir.extract.source.settings.SourceSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
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
  void a_misspelt_type_is_refused_with_the_one_that_is_meant() {
    assertThatThrownBy(
            () ->
                read(
                    "epic-fhir { source.key-file = key.pem, bulk { types = [Patient, Conditions], hydrate = [Practicioner] } }"))
        .hasMessageContaining("bulk.types = Conditions")
        .hasMessageContaining("did you mean Condition?")
        .hasMessageContaining("did you mean Practitioner?");
  }

  @Test
  void a_window_without_a_number_of_days_is_a_problem_of_window_days() {
    assertThatThrownBy(
            () ->
                read(
                    "epic-fhir { source.key-file = key.pem, bulk { windows { Goal = \"start-date=ge{from}\" }, window-days = null } }"))
        .hasMessageContaining(
            "bulk.window-days = nothing for Goal: expected a number of days for Goal, which"
                + " bulk.windows names, or for \"*\"");
  }

  @Test
  void the_shipped_file_gives_the_defaults() throws IOException {
    ExtractSettings settings = read("epic-fhir.source.key-file = key.pem");

    assertThat(settings.source())
        .isEqualTo(
            new SourceSettings(
                URI.create("http://127.0.0.1:8080/fhir"),
                SourceSettings.SignIn.SMART_BACKEND_SERVICES,
                "epic-fhir-pipeline",
                folder.resolve("key.pem"),
                "pipeline-1",
                SigningAlgorithm.RS384,
                List.of("system/*.read"),
                SourceSettings.TokenEndpoint.AS_THE_SERVER_SAYS,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                6,
                Duration.ofSeconds(1),
                Duration.ofMinutes(15),
                40,
                List.of(),
                Duration.ofMinutes(5),
                250,
                64L << 30));
    assertThat(settings.bulk().groups()).containsExactly("all-patients");
    assertThat(settings.bulk().types()).hasSize(25).contains("Patient", "ExplanationOfBenefit");
    assertThat(settings.bulk())
        .isEqualTo(
            new BulkSettings(
                List.of("all-patients"),
                settings.bulk().types(),
                List.of(),
                BulkSettings.Method.GET,
                BulkSettings.PostForm.COMMA,
                BulkSettings.Mode.INCREMENTAL,
                Duration.ofDays(14),
                Duration.ofHours(24),
                Duration.ofSeconds(30),
                0.0,
                false,
                List.of(),
                Duration.ofMinutes(5),
                new BulkCoverage(
                    Duration.ofDays(30), BulkCoverage.Newcomers.FULL, new TreeMap<>(), 1000),
                List.of(
                    "Medication",
                    "Practitioner",
                    "PractitionerRole",
                    "Organization",
                    "Location",
                    "Observation",
                    "Specimen",
                    "EpisodeOfCare")));
    assertThat(settings.bronze()).isEqualTo(new BronzeSettings(128L << 20, 100 << 20));
    assertThat(settings.by()).isEqualTo(ExtractSettings.By.BULK);
  }

  @Test
  void every_key_is_read() throws IOException {
    ExtractSettings settings =
        read(
            """
            epic-fhir.source {
              base-url = "https://fhir.example.org/api/FHIR/R4/", sign-in = none, client-id = c, key-file = key.pem
              key-id = k, algorithm = ES384, scopes = "system/Patient.read,system/Group.read"
              token-url = "https://login.example.org/token/", audience = "https://inside.example.org/token"
              connect-timeout = 1s, idle-timeout = 2s, max-tries = 3, first-pause = 4s
              retry-budget = 5s, max-in-flight = 7, allowed-origins = ["https://files.example.org"]
              max-gzip-ratio = 9, max-file-size = 1GiB
            }
            epic-fhir.extract.by = crawl
            epic-fhir.bulk {
              groups = "g,h", types = "Patient,Goal", mode = full, deadline = 6s, poll-interval = 7s
              type-filters = ["Goal?code=a,b"], method = post, window = 9s
              max-rejected-share = 0.25, allow-errors = true, lock-patience = 8s
              accepted-errors = "59204,Goal:4119", post-form = repeated, full-every = 12s, newcomers = warn
              windows { Patient = "_lastUpdated=ge{from}" }, window-days { Patient = 9 }
              hydrate = "Specimen,Medication", max-confirmations = 13
            }
            epic-fhir.source.clock-tolerance = 11s
            epic-fhir.bronze { target-file-size = 1MiB, max-line-size = 2KiB }
            """);

    assertThat(settings)
        .isEqualTo(
            new ExtractSettings(
                ExtractSettings.By.CRAWL,
                new SourceSettings(
                    URI.create("https://fhir.example.org/api/FHIR/R4"),
                    SourceSettings.SignIn.NONE,
                    "c",
                    folder.resolve("key.pem"),
                    "k",
                    SigningAlgorithm.ES384,
                    List.of("system/Patient.read", "system/Group.read"),
                    new SourceSettings.TokenEndpoint(
                        Optional.of(URI.create("https://login.example.org/token/")),
                        Optional.of("https://inside.example.org/token")),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(2),
                    3,
                    Duration.ofSeconds(4),
                    Duration.ofSeconds(5),
                    7,
                    List.of(URI.create("https://files.example.org")),
                    Duration.ofSeconds(11),
                    9,
                    1L << 30),
                new BulkSettings(
                    List.of("g", "h"),
                    List.of("Patient", "Goal"),
                    List.of("Goal?code=a,b"),
                    BulkSettings.Method.POST,
                    BulkSettings.PostForm.REPEATED,
                    BulkSettings.Mode.FULL,
                    Duration.ofSeconds(6),
                    Duration.ofSeconds(9),
                    Duration.ofSeconds(7),
                    0.25,
                    true,
                    List.of("59204", "Goal:4119"),
                    Duration.ofSeconds(8),
                    new BulkCoverage(
                        Duration.ofSeconds(12),
                        BulkCoverage.Newcomers.WARN,
                        new TreeMap<>(
                            Map.of(
                                "Patient",
                                new BulkCoverage.DateWindow(
                                    List.of("Patient?_lastUpdated=ge{from}"), 9))),
                        13),
                    List.of("Specimen", "Medication")),
                settings.crawl(),
                new BronzeSettings(1 << 20, 2 << 10)));
  }
}
