package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.transform.silver.NotedCounts;
import io.epicfhir.transform.silver.SilverCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What only the try that applies an export can count (A9, B3, parts) is in the report of the try
 * that ends the run, too.
 */
final class RunNotesTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String THURSDAY = "2026-01-08T00:00:00Z";
  private static final NotedCounts NEWS = new NotedCounts(3, 1, 2, 0);

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void aNightWithNews() {
    lake = new TestLake(folder.resolve("lake"));
    lake.patients("e1", MONDAY, "a").land();
    lake.transform();
    news("e2", TUESDAY, MONDAY).land();
  }

  /** Three newcomers: two with a date after their export, one that is a part. */
  private TestLake.Export news(String export, String time, String since) {
    String part = "{\"resourceType\":\"Patient\",\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}}";
    return lake.export(export, time)
        .since(since)
        .resource("Patient", export + "b", "1", "2026-02-01T00:00:00Z", "{}")
        .resource("Patient", export + "c", "1", "2026-02-02T00:00:00Z", "{}")
        .resource("Patient", export + "d", "1", time, part);
  }

  private TransformResult run(String key) {
    return lake.run(RebuildRequest.NOTHING, key);
  }

  /** A run died after its commit, before it could mark the export. */
  private void unmark(String export) {
    var mark = lake.lake().paths().state("applied/" + export + ".json");
    String text = lake.lake().read(mark).orElseThrow();
    lake.lake().write(mark, text.replaceFirst("(\"applied_at\" : )\"[^\"]*\"", "$1null"));
  }

  private static NotedCounts all(TransformResult result) {
    NotedCounts own =
        NotedCounts.of(result.silver().counts().getOrDefault("Patient", SilverCounts.NONE));
    return own.plus(result.silver().earlier().getOrDefault("Patient", NotedCounts.NONE));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aLaterTryHasWhatTheFirstOneCounted(boolean spark) {
    if (spark) {
      lake.inSpark();
    }
    assertThat(all(run("etl/k"))).isEqualTo(NEWS);
    for (int again = 0; again < 2; again++) {
      TransformResult later = run("etl/k");
      assertThat(later.silver().exports()).isEmpty();
      assertThat(all(later)).isEqualTo(NEWS);
    }
    assertThat(all(run("etl/other"))).as("another run").isEqualTo(NotedCounts.NONE);
    assertThat(all(run("etl/k"))).as("cleared some nights later").isEqualTo(NEWS);
  }

  @Test
  void afterAKillBeforeTheMarkNothingIsCountedTwice() {
    run("etl/k");
    unmark("e2");
    TransformResult later = run("etl/k");
    assertThat(later.silver().exports()).containsExactly("e2");
    assertThat(all(later)).isEqualTo(NEWS);
    assertThat(all(run("etl/k"))).isEqualTo(NEWS);
  }

  @Test
  void ofWhatLandedBetweenTwoTriesTheSecondOneCountsToo() {
    run("etl/k");
    news("e3", WEDNESDAY, TUESDAY).land();
    assertThat(all(run("etl/k"))).isEqualTo(NEWS.plus(NEWS));
    assertThat(all(run("etl/k"))).isEqualTo(NEWS.plus(NEWS));
  }

  @Test
  void whatIsReadAgainLeavesTheOtherExportsCounts() {
    lake.bound(0, 0);
    lake.export("e3", WEDNESDAY)
        .full("Patient")
        .resource("Patient", "other", "1", "2026-02-01T00:00:00Z", "{}")
        .land();
    TransformResult held = run("etl/k");
    assertThat(held.silver().exports()).containsExactly("e2");
    assertThat(held.problems()).isNotEmpty();
    for (int again = 0; again < 2; again++) {
      TransformResult later = run("etl/k");
      assertThat(later.silver().exports()).isEmpty();
      assertThat(all(later))
          .extracting(NotedCounts::newcomers, NotedCounts::parts, NotedCounts::capped)
          .containsExactly(3L, 1L, 3L);
    }
  }

  @Test
  @DisplayName("nothing is committed where an export brings what silver has")
  void anExportThatChangesNothingIsReportedAgainToo() {
    run("etl/k");
    long version = lake.silverVersion();
    news("e2", TUESDAY, MONDAY).landedAt(THURSDAY).land();
    assertThat(all(run("etl/l"))).isEqualTo(new NotedCounts(0, 1, 2, 0));
    assertThat(lake.silverVersion()).isEqualTo(version);
    assertThat(all(run("etl/l"))).isEqualTo(new NotedCounts(0, 1, 2, 0));
  }

  @Test
  void aTryThatNeverCameToItsCommitCountsForNothing() {
    var file = lake.lake().paths().state("silver-notes.json");
    lake.lake()
        .write(
            file,
            """
            {"schema_version": 1, "runs": [{"run_key": "etl/k", "tries": [
              {"version": 1, "landings": [], "types": {"Patient":
                {"newcomers": 50, "parts": 0, "capped": 0}}}]}]}
            """);
    assertThat(lake.silverVersion()).isEqualTo(0);
    assertThat(all(run("etl/k"))).isEqualTo(NEWS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"runs\": [", "[]", "{}"})
  void aFileThatIsHalfIsLeftAside(String text) {
    lake.lake().write(lake.lake().paths().state("silver-notes.json"), text);
    assertThat(all(run("etl/k"))).isEqualTo(NEWS);
    assertThat(all(run("etl/k"))).isEqualTo(NEWS);
  }

  @Test
  void theReportOfALaterTryIsThatOfTheFirst() throws IOException {
    Files.createDirectories(folder.resolve("views"));
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir { lake = lake, transform {
          views = views, deletion-vectors = off, lock-patience = 0 seconds } }
        """);
    List<JsonNode> reports = new ArrayList<>();
    for (int attempt = 0; attempt < 2; attempt++) {
      TestLake.spark();
      assertThat(TestLake.job(folder.resolve("pipeline.conf"))).isZero();
      reports.add(
          new JsonMapper().readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile()));
    }
    for (JsonNode report : reports) {
      assertThat(report.at("/result/newcomers").asLong()).isEqualTo(3);
      assertThat(report.get("notes").toString())
          .contains("2 resources of Patient have a meta.lastUpdated later than their export")
          .contains("1 resources of Patient are incomplete (tag SUBSETTED)")
          .contains("3 patients are new and came with an incremental export");
    }
  }
}
