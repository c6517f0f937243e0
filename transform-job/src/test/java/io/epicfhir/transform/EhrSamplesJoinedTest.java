package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Joined tables over answers of real EHR sandboxes; the numbers are counted in the answers. */
class EhrSamplesJoinedTest {
  private static final Path SAMPLES = Path.of("../../shared/ehr-samples");

  @TempDir static Path folder;
  private static TestLake lake;

  @BeforeAll
  static void run() throws IOException {
    assumeTrue(Files.isDirectory(SAMPLES), "The samples of real EHRs are not on this machine.");
    lake = ShippedLake.with(folder, "lab_result", "problem_list", "note", "patient_timeline");
    JsonMapper json = JsonMapper.builder().build();
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    try (Stream<Path> files = Files.walk(SAMPLES)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).sorted().toList()) {
        String type = file.getFileName().toString().replace(".ndjson", "");
        if (type.equals("Organization") || type.equals("Practitioner")) {
          continue; // two systems of one vendor have some in common
        }
        for (String line : Files.readAllLines(file)) {
          if (!line.isBlank()) {
            String id = json.readTree(line).path("id").asText();
            export.resource(type, id, "1", "2026-01-01T00:00:00Z", line);
          }
        }
      }
    }
    export.land();
    lake.transform();
  }

  private static Map<String, Long> count(String table, String... columns) {
    List<String> rows = ShippedLake.rows(lake, table, columns);
    return rows.stream().collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  @Test
  void anOrderByAReferenceHasTheIngredientsOfItsDrug() {
    assertThat(
            count(
                "medication_order",
                "medication",
                "concat_ws('+', ingredients)",
                "ingredient_codes[0]"))
        .containsEntry("aspirin 325 MG tablet aspirin 1191", 1L);
  }

  /** Of 419 results 66 have an interpretation, 53 of them in words only. */
  @Test
  void interpretationsInWordsAreNotLost() {
    assertThat(count("lab_result", "interpretation IS NOT NULL", "interpretation_text IS NOT NULL"))
        .isEqualTo(Map.of("false false", 353L, "false true", 53L, "true true", 13L));
  }

  /**
   * 259 results have a range such as 65-99 in words, 239 of these a number, 45 one outside of it.
   */
  @Test
  void rangesInWordsTellWhatIsOutside() {
    assertThat(count("lab_result", "is_range_from_text", "is_outside"))
        .isEqualTo(
            Map.of("true true", 45L, "true false", 194L, "true null", 20L, "false null", 160L));
  }

  @Test
  void diagnosesOfVisitsWithoutAStatusAreNotActive() {
    assertThat(count("problem_list", "is_active"))
        .isEqualTo(Map.of("null", 24L, "true", 12L, "false", 2L));
  }

  @Test
  void documentsWithoutContentSaySo() {
    assertThat(
            count(
                "note",
                "source = 'DocumentReference' AND problem = 'no-content'",
                "text IS NOT NULL OR problem IS NOT NULL"))
        .containsEntry("true true", 14L)
        .allSatisfy((row, rows) -> assertThat(row).endsWith(" true"));
    assertThat(count("note", "binary_id IS NULL AND size_bytes IS NOT NULL", "source"))
        .containsEntry("true DocumentReference", 8L)
        .containsEntry("true DiagnosticReport", 2L);
  }

  @Test
  void theTimelineHasNeitherCancelledVisitsNorResults() {
    assertThat(count("patient_timeline", "kind"))
        .containsEntry("visit", 12L)
        .containsEntry("laboratory result", 319L);
  }
}
