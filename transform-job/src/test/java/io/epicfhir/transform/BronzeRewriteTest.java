package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.transform.bronze.BronzeRewrite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an extract brings while bronze is rewritten is no file that nobody names. */
final class BronzeRewriteTest {
  private static final String DAY = "bronze/resource_type=Patient/extraction_date=2026-01-01/";

  @TempDir private Path folder;
  private TestLake lake;
  private BronzeRewrite rewrite;
  private List<String> asked;

  /** The pass has listed the landings, and looked at them. */
  @BeforeEach
  void begin() {
    lake = new TestLake(folder);
    lake.export("e1", "2026-01-10T00:00:00Z").resource("Patient", "p1").land();
    rewrite = new BronzeRewrite(lake.lake());
    rewrite.landings().forEach(one -> rewrite.show(one, one.files(), "none"));
    asked = new ArrayList<>();
  }

  /** Its end, where any file goes that may. */
  private void removeUnnamed() {
    rewrite.removeUnnamed(
        (type, file) -> {
          asked.add(file.getPath().getName());
          return true;
        });
  }

  private Path file(String name) throws IOException {
    Files.createDirectories(folder.resolve(DAY));
    return Files.writeString(folder.resolve(DAY + name), "x");
  }

  private Path plan(String export) throws IOException {
    Path of = Files.createDirectories(folder.resolve("state/exports/" + export));
    return Files.writeString(of.resolve("publication.json"), "{}");
  }

  @Test
  void anExportThatLandedSinceKeepsItsFiles() throws IOException {
    Path orphan = file("e0-0123abcd-0.parquet");
    Landing landing =
        lake.export("e2", "2026-01-11T00:00:00Z")
            .resource("Patient", "p2")
            .resource("Observation", "o2")
            .delete("Patient/p3")
            .land();

    removeUnnamed();

    assertThat(landing.files())
        .hasSize(3)
        .allSatisfy(one -> assertThat(LandedFile.problem(lake.lake(), one)).isEmpty());
    assertThat(orphan).doesNotExist();
    assertThat(asked).containsExactly("e0-0123abcd-0.parquet");
  }

  @Test
  void anExportThatLandedAnewSinceKeepsItsNewFiles() {
    Landing anew =
        lake.export("e1", "2026-01-10T00:00:00Z")
            .resource("Patient", "p1")
            .landedAt("2026-01-12T00:00:00Z")
            .land();

    removeUnnamed();

    assertThat(anew.files())
        .allSatisfy(one -> assertThat(LandedFile.problem(lake.lake(), one)).isEmpty());
    assertThat(asked).isEmpty();
  }

  @Test
  void whatAnExtractIsAboutToShowStays() throws IOException {
    String crawl = "crawl-2026-01-11"; // an export's name may have hyphens
    Path coming = file(crawl + "-0123abcd-0.parquet");
    Path plan = plan(crawl);
    Path orphan = file("crawl-0123abcd-0.parquet");

    removeUnnamed();
    assertThat(coming).exists();
    assertThat(orphan).doesNotExist();

    Files.delete(plan); // given up
    removeUnnamed();
    assertThat(coming).doesNotExist();
  }

  @Test
  void whatIsReplacedAndCopiesThatNobodyShowsGoInAnyCase() throws IOException {
    plan("e1");
    plan("e2");
    Path copy = file("e2-0123abcd-0-w89abcdef.parquet");
    Landing landing = new Landings(lake.lake()).all().get(0);
    Path original = folder.resolve(landing.files().get(0).path());
    rewrite = new BronzeRewrite(lake.lake());
    rewrite.show(
        landing, rewrite.copy(landing.files().get(0), Optional::of).stream().toList(), "none");

    removeUnnamed();

    assertThat(copy).doesNotExist();
    assertThat(original).doesNotExist();
    Landing shown = new Landings(lake.lake()).all().get(0);
    assertThat(LandedFile.problem(lake.lake(), shown.files().get(0))).isEmpty();
    assertThat(asked).isEmpty();
  }
}
