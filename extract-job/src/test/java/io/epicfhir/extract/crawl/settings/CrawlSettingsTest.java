package io.epicfhir.extract.crawl.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrawlSettingsTest {
  private static final String SHIPPED =
      "include file(\"" + Path.of("../conf/pipeline.conf").toAbsolutePath().normalize() + "\")\n";

  @TempDir Path folder;

  private CrawlSettings read(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("pipeline.conf"), text);
    SettingsReader reader = SettingsFile.load(file.toString()).reader("crawl");
    CrawlSettings settings = CrawlSettings.read(reader);
    reader.check();
    return settings;
  }

  @Test
  void the_shipped_file_gives_the_defaults() throws IOException {
    CrawlSettings settings = read(SHIPPED);

    assertThat(settings.searches().keySet())
        .containsExactly(
            "AllergyIntolerance",
            "CarePlan",
            "CareTeam",
            "Condition",
            "Coverage",
            "Device",
            "DiagnosticReport",
            "DocumentReference",
            "Encounter",
            "FamilyMemberHistory",
            "Goal",
            "Immunization",
            "MedicationRequest",
            "Observation",
            "Patient",
            "Procedure");
    assertThat(settings.searches().get("Observation"))
        .contains("patient={patient}&category=laboratory")
        .noneMatch(query -> query.matches(".*(procedure|therapy|activity)"));
    assertThat(settings.searches().get("CarePlan")).allMatch(query -> query.contains("category="));
    assertThat(settings)
        .isEqualTo(
            new CrawlSettings(
                new CohortSettings(
                    "all-patients",
                    CohortSettings.From.GROUP,
                    "all-patients",
                    null,
                    "",
                    CohortSettings.MrnSearch.POST,
                    ""),
                settings.searches(),
                Map.of(),
                Duration.ofDays(7),
                Set.of(
                    "Medication",
                    "Practitioner",
                    "PractitionerRole",
                    "Organization",
                    "Location",
                    "Observation",
                    "Specimen",
                    "EpisodeOfCare"),
                Duration.ofDays(7),
                new AttachmentSettings(
                    false, List.of("DocumentReference", "DiagnosticReport"), 20 << 20, 0),
                200,
                5000,
                200 << 20,
                5,
                1000,
                Set.of(),
                Set.of("4101"),
                0.0,
                Duration.ofMinutes(5)));
  }

  @Test
  void a_misspelt_type_or_a_query_that_stands_twice_is_refused() {
    assertThatThrownBy(
            () ->
                read(
                    SHIPPED
                        + """
                        epic-fhir.crawl {
                          searches { Conditon = "patient={patient}", Goal = ["patient={patient}", "patient={patient}"] }
                          hydrate = [Practicioner]
                          attachments.types = [DocumentRefrence]
                        }
                        """))
        .hasMessageContaining("did you mean Condition?")
        .hasMessageContaining("did you mean Practitioner?")
        .hasMessageContaining("did you mean DocumentReference?")
        .hasMessageContaining("crawl.searches.Goal")
        .hasMessageContaining("each query once");
  }

  @Test
  void every_key_is_read() throws IOException {
    Path ids = Files.writeString(folder.resolve("ids.txt"), "a");
    CrawlSettings settings =
        read(
            """
            epic-fhir.crawl {
              name = n
              patients { from = file, group = g, file = ids.txt, mrn-system = "urn:m", mrn-search = get, search = "a=b" }
              searches { Patient = "_id={patient}", Goal = ["patient={patient}&x=a|b", "/{patient}"], Task = [] }
              changed-since { Goal = "_lastUpdated=ge{since}" }
              full-every = 1s, hydrate = "Medication,Location", reference-max-age = 2s
              attachments { enabled = true, types = [Media], max-size = 3KiB, daily-limit = 9 }
              page-size = 4, max-pages = 5, max-page-size = 6KiB, restarts = 7, max-confirmations = 10
              accepted-errors = "1,2", harmless-codes = [3], max-rejected-share = 0.25, lock-patience = 8s
            }
            """);

    assertThat(settings)
        .isEqualTo(
            new CrawlSettings(
                new CohortSettings(
                    "n",
                    CohortSettings.From.FILE,
                    "g",
                    ids,
                    "urn:m",
                    CohortSettings.MrnSearch.GET,
                    "a=b"),
                Map.of(
                    "Patient",
                    List.of("_id={patient}"),
                    "Goal",
                    List.of("patient={patient}&x=a|b", "/{patient}")),
                Map.of("Goal", "_lastUpdated=ge{since}"),
                Duration.ofSeconds(1),
                Set.of("Medication", "Location"),
                Duration.ofSeconds(2),
                new AttachmentSettings(true, List.of("Media"), 3 << 10, 9),
                4,
                5,
                6 << 10,
                7,
                10,
                Set.of("1", "2"),
                Set.of("3"),
                0.25,
                Duration.ofSeconds(8)));
  }

  @Test
  void all_problems_are_told_at_once() {
    assertThatThrownBy(
            () ->
                read(
                    SHIPPED
                        + """
                        epic-fhir.crawl {
                          patients { from = file, file = nowhere.txt }
                          searches.Goal = ["patient=1"]
                          changed-since { Task = "x={since}", Condition = "y" }
                          hydrate = ["not a type"], max-page-size = 5, restarts = -1
                        }
                        """))
        .hasMessageContaining("Cannot use the settings. Problems: 7\n")
        .hasMessageContaining("crawl.patients.file")
        .hasMessageContaining("crawl.searches.Goal = patient=1: expected")
        .hasMessageContaining("crawl.changed-since.Task")
        .hasMessageContaining("crawl.changed-since.Condition = y: expected one query with {since}")
        .hasMessageContaining("crawl.hydrate")
        .hasMessageContaining("crawl.max-page-size")
        .hasMessageContaining("crawl.restarts");
  }
}
