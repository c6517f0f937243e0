package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * F2: what transform.leave-out leaves out is counted and listed, whatever else the view turns away,
 * and on nights without any other change, too.
 */
final class LeaveOutTest {
  private static final String NO_WHERE = "";
  private static final String WHERE = "\"where\": [{\"path\": \"gender = 'male'\"}],";

  /** Two names are two texts, of which this is not asked. */
  private static final String WHERE_THAT_DOES_NOT_FIT =
      "\"where\": [{\"path\": \"name.family.startsWith('O')\"}],";

  private static final String ROW_EACH = "";
  private static final String FOR_EACH = "\"forEach\": \"gender\",";

  @TempDir private Path folder;

  private int run(String where, String loop, boolean labels) throws IOException {
    Path views = Files.createDirectories(folder.resolve("views"));
    Files.writeString(
        views.resolve("single.json"),
        """
        {"resourceType": "ViewDefinition", "name": "single", "resource": "Patient", %s
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
                                {"name": "one", "path": "name.family"}]},
                    {%s "column": [{"name": "x", "path": "'x'"}]}]}
        """
            .formatted(where, loop));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir { lake = lake, transform {
          views = views, leave-out = [single], deletion-vectors = off, lock-patience = 0 seconds
          security-labels { leave-out = [%s] } } }
        """
            .formatted(labels ? "R" : ""));
    return TestLake.job(folder.resolve("pipeline.conf"));
  }

  private JsonNode report() throws IOException {
    return new JsonMapper().readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile());
  }

  private List<String> listed() throws IOException {
    List<String> lines = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/quarantine/view=single"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".ndjson")).toList()) {
        lines.addAll(Files.readAllLines(file));
      }
    }
    return lines;
  }

  private static TestLake.Export patient(
      TestLake.Export export, String id, String gender, String label, String... families) {
    String names =
        Stream.of(families).map("{\"family\":\"%s\"}"::formatted).collect(Collectors.joining(","));
    return export.resource(
        "Patient",
        id,
        "1",
        null,
        "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"meta\":{\"security\":[{\"code\":\"%s\"}]},\"gender\":\"%s\",\"name\":[%s]}"
            .formatted(id, label, gender, names));
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, false, false",
    "NONE, false, true",
    "NONE, true, false",
    "NONE, true, true",
    "PLAIN, false, false",
    "PLAIN, true, false",
    "PLAIN, true, true",
    "UNFIT, false, false",
    "UNFIT, true, false",
  })
  void aMisfitIsCountedOnAFirstABusyAndAQuietNight(String of, boolean rowEach, boolean labels)
      throws IOException {
    String where =
        switch (of) {
          case "NONE" -> NO_WHERE;
          case "PLAIN" -> WHERE;
          default -> WHERE_THAT_DOES_NOT_FIT;
        };
    String loop = rowEach ? ROW_EACH : FOR_EACH;
    TestLake lake = new TestLake(folder.resolve("lake"));
    TestLake.Export first = lake.export("e1", "2026-01-01T00:00:00Z");
    patient(first, "good", "male", "N", "One");
    patient(first, "other", "female", "R", "Two");
    first.land();
    assertThat(run(where, loop, labels)).isZero();
    boolean others = of.equals("NONE") && !labels;
    List<String> rows = others ? List.of("good One x", "other Two x") : List.of("good One x");
    assertThat(lake.rows("single")).isEqualTo(rows);

    // A night whose only change is one that does not fit.
    patient(lake.export("e2", "2026-01-02T00:00:00Z"), "misfit", "male", "N", "Two", "Three")
        .land();
    assertThat(run(where, loop, labels)).isZero();
    is(1, rows, lake);
    assertThat(run(where, loop, labels)).as("nothing new").isZero();
    is(1, rows, lake);

    // A night that builds the view once more, because something was left out.
    TestLake.Export more = lake.export("e3", "2026-01-03T00:00:00Z");
    patient(more, "late", "male", "N", "Omega");
    patient(more, "second", "male", "N", "Four", "Five");
    more.land();
    assertThat(run(where, loop, labels)).isZero();
    List<String> all = new ArrayList<>(rows);
    all.add(1, "late Omega x");
    is(2, all, lake);
    JsonNode view = report().at("/result/views/single");
    if (of.equals("NONE") && labels) {
      assertThat(view.get("withheld").asLong()).as("the other one").isEqualTo(1);
    }
    if (rowEach) {
      assertThat(view.get("let_through").asLong()).isEqualTo(all.size() + 2);
    }
  }

  private void is(int leftOut, List<String> rows, TestLake lake) throws IOException {
    assertThat(lake.rows("single")).isEqualTo(rows);
    JsonNode view = report().at("/result/views/single");
    assertThat(view.get("left_out").asLong()).isEqualTo(leftOut);
    assertThat(view.get("resources").asLong()).isEqualTo(rows.size());
    assertThat(report().get("notes").toString())
        .contains("View single leaves out " + leftOut + " Patient resources");
    assertThat(listed()).hasSize(leftOut);
  }

  @Test
  void takingItBackAfterAQuietNightMakesTheViewRed() throws IOException {
    TestLake lake = new TestLake(folder.resolve("lake"));
    patient(lake.export("e1", "2026-01-01T00:00:00Z"), "good", "male", "N", "One").land();
    assertThat(run(NO_WHERE, FOR_EACH, false)).isZero();
    patient(lake.export("e2", "2026-01-02T00:00:00Z"), "misfit", "male", "N", "Two", "Three")
        .land();
    assertThat(run(NO_WHERE, FOR_EACH, false)).isZero();
    Path settings = folder.resolve("pipeline.conf");
    Files.writeString(settings, Files.readString(settings).replace("[single]", "[]"));
    assertThat(TestLake.job(settings)).isEqualTo(5);
  }
}
