package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables that somebody spoiled are rebuilt on request. */
final class RebuildTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;
  private List<String> silver;
  private List<String> rows;

  @BeforeEach
  void aLakeOfTwoExports() {
    lake = new TestLake(folder);
    for (String type : List.of("Patient", "Condition")) {
      lake.viewOfKeys(type);
    }
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Condition", "c")
        .land();
    lake.export("e2", TUESDAY).resource("Patient", "d").delete("Patient/b").land();
    lake.transform();
    silver = lake.silver("Patient");
    rows = lake.rows("patient");
    assertThat(rows).containsExactly("a", "d");
  }

  @Test
  void aTypeGetsBackWhatWasLostAndLosesWhatWasAdded() {
    lake.somebody("silver", "DELETE FROM %s WHERE id = 'a'");
    lake.somebody("silver", "UPDATE %s SET id = 'stranger' WHERE id = 'd'");
    lake.somebody("views/patient", "UPDATE %s SET id = 'stranger' WHERE id = 'a'");
    lake.export("e3", WEDNESDAY).resource("Patient", "f").land();
    List<String> others = lake.silver("Condition");
    long othersView = lake.viewVersion("condition");

    TransformResult result = lake.rebuild("Patient");

    assertThat(result.problems()).isEmpty();
    assertThat(lake.silver("Patient")).containsAll(silver).hasSize(silver.size() + 1);
    assertThat(lake.rows("patient")).containsExactly("a", "d", "f");
    assertThat(result.silver().exports()).as("what was pending").containsExactly("e3");
    assertThat(result.silver().landed()).as("pending ones").isEqualTo(Map.of("Patient", 1L));
    assertThat(result.silver().state().of("Patient").rowsLive()).isEqualTo(3);
    assertThat(result.silver().state().of("Patient").tombstones()).isEqualTo(1);
    assertThat(lake.silver("Condition")).isEqualTo(others);
    assertThat(lake.viewVersion("condition")).isEqualTo(othersView);
  }

  @Test
  void allTypesAtOnceAreRebuiltInOneCommit() {
    List<String> conditions = lake.silver("Condition");
    long version = lake.silverVersion();
    assertThat(lake.rebuild("Patient", "Condition").problems()).isEmpty();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
    assertThat(lake.silver("Condition")).isEqualTo(conditions);
    assertThat(lake.silverVersion()).isEqualTo(version + 1);
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.transform().silver().exports()).isEmpty();
  }

  @Test
  void aViewIsMadeOfSilverOnceMore() {
    long version = lake.silverVersion();
    long before = lake.viewVersion("patient");
    assertThat(lake.rebuildViews("patient").problems()).isEmpty();
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.viewVersion("patient")).isEqualTo(before + 1);
    assertThat(lake.silverVersion()).isEqualTo(version);
  }

  @Test
  void whatIsNotKnownIsRefusedBeforeAnythingIsDone() {
    refused(
        () -> lake.rebuild("Patients"), "rebuild the type Patients: not found. Known: Condition");
    refused(
        () -> lake.rebuildViews("vitals"), "rebuild the view vitals: not found. Known: condition");
    refused(
        () -> lake.accept(Map.of("patient", 3L)),
        "accept deletions of the type patient: not found. Known: Condition");
  }

  private static TestLake tenPatients(Path root) {
    TestLake ten = new TestLake(root);
    ten.viewOfKeys("Patient");
    TestLake.Export export = ten.export("e1", MONDAY).full("Patient");
    for (String id : List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")) {
      export.resource("Patient", id);
    }
    export.land();
    ten.transform();
    return ten;
  }

  @Test
  void aRebuildDeletesNoMoreThanAnyRun(@TempDir Path other) {
    TestLake ten = tenPatients(other);
    ten.export("e2", TUESDAY).full().land();
    assertThat(ten.run().problems()).singleElement().asString().contains("10 of 10 Patient");

    TransformResult held = ten.rebuild("Patient");

    assertThat(held.problems())
        .singleElement()
        .asString()
        .startsWith("Nothing was deleted: the source no longer holds 10 of 10 Patient")
        .contains("accept_deletions = Patient:10");
    assertThat(held.silver().exports()).as("the empty export waits").isEmpty();
    assertThat(ten.live("Patient")).hasSize(10);
    assertThat(ten.rows("patient")).hasSize(10);
    assertThat(ten.run().problems()).hasSize(1);

    TransformResult accepted =
        ten.run(new RebuildRequest(Set.of(), Set.of("Patient"), Set.of(), Map.of("Patient", 10L)));
    assertThat(accepted.problems()).isEmpty();
    assertThat(ten.live("Patient")).isEmpty();
  }

  @Test
  void aRebuildGoesOnBesideAnExportThatIsHeldBack(@TempDir Path other) {
    TestLake ten = tenPatients(other);
    ten.export("e2", TUESDAY).full().land();
    ten.somebody("silver", "DELETE FROM %s WHERE id = 'a'");
    assertThat(ten.rebuild("Patient").problems()).hasSize(1);
    assertThat(ten.live("Patient")).as("what somebody deleted is back").hasSize(10);
    assertThat(ten.rows("patient")).hasSize(10);
  }

  /** What other exports contain is there whatever one export's conclusions wait for. */
  @ParameterizedTest
  @CsvSource({
    "CRAWL, Patient",
    "CRAWL, Condition",
    "CRAWL, Patient Condition",
    "CRAWL_WITH_DELETION, Patient",
    "INCREMENTAL, Patient Condition",
    "FULL_OF_ANOTHER_TYPE, Patient",
  })
  void aRebuildBesideAnExportThatIsHeldBackTakesInTheOthers(
      Night night, String types, @TempDir Path other) {
    TestLake ten = tenPatients(other).viewOfKeys("Condition");
    String source = night.name().startsWith("CRAWL") ? "crawl:b" : "b";
    version(ten.export("b1", MONDAY).of(source), 1, "p", "q").land();
    ten.transform();
    ten.export("e2", TUESDAY).full("Patient").resource("Patient", "a").land();
    TestLake.Export second = version(ten.export("b2", TUESDAY).of(source).since(MONDAY), 2, "p");
    version(second, 1, "n").resource("Condition", "k");
    switch (night) {
      case CRAWL_WITH_DELETION -> second.delete("Patient/q");
      case FULL_OF_ANOTHER_TYPE -> second.full("Condition");
      default -> {
        // It concludes nothing.
      }
    }
    second.land();

    TransformResult red = ten.rebuild(types.split(" "));

    assertThat(red.problems()).anyMatch(problem -> problem.startsWith("Nothing was deleted"));
    assertThat(ten.rows("patient")).hasSize(13).contains("a", "j", "n", "p", "q");
    assertThat(ten.live("Patient")).filteredOn(RebuildTest::isNewP).hasSize(1);
    assertThat(ten.rows("condition")).containsExactly("k");
    assertThat(red.silver().exports()).doesNotContain("e2");

    assertThat(ten.accept(Map.of("Patient", 10L)).problems()).isEmpty();
    assertThat(ten.rows("patient"))
        .isEqualTo(
            night == Night.CRAWL_WITH_DELETION
                ? List.of("a", "n", "p")
                : List.of("a", "n", "p", "q"));
    assertThat(ten.live("Patient")).filteredOn(RebuildTest::isNewP).hasSize(1);
    assertThat(ten.rows("condition")).containsExactly("k");
  }

  private static boolean isNewP(String line) {
    return line.startsWith("p ") && line.contains("\"language\":\"2\"");
  }

  /** What a second source's export is, beside the one that is held back. */
  enum Night {
    CRAWL,
    CRAWL_WITH_DELETION,
    INCREMENTAL,
    FULL_OF_ANOTHER_TYPE
  }

  private static TestLake.Export version(TestLake.Export export, int version, String... ids) {
    for (String id : ids) {
      String json =
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"language\":\"%d\"}".formatted(id, version);
      export.resource("Patient", id, String.valueOf(version), null, json);
    }
    return export;
  }

  @Test
  void whatAnAppliedExportConcludedStaysWhileAnotherOneIsHeldBack(@TempDir Path other) {
    TestLake ten = tenPatients(other);
    ten.export("e2", TUESDAY).full("Patient").resource("Patient", "a").land();
    // Late, and older than the full export of Monday, which does not contain it.
    ten.export("e0", "2026-01-04T00:00:00Z").resource("Patient", "z").land();
    assertThat(ten.run().silver().exports()).containsExactly("e0");
    assertThat(ten.rows("patient")).hasSize(10).doesNotContain("z");
    ten.rebuild("Patient");
    assertThat(ten.rows("patient")).hasSize(10).doesNotContain("z");
  }

  @Test
  void withoutALandingOfWhatWasAppliedNothingIsRebuilt(@TempDir Path other) {
    TestLake ten = tenPatients(other);
    ten.export("e2", TUESDAY).since(MONDAY).resource("Patient", "k").land();
    ten.transform();
    ten.lake().delete(ten.lake().paths().state("landings/e1.json"));
    for (TransformResult red : List.of(ten.run(), ten.rebuild("Patient"))) {
      assertThat(red.problems())
          .anyMatch(
              problem -> problem.startsWith("Silver contains data of exports e1, but their files"));
      assertThat(ten.live("Patient")).hasSize(11);
      assertThat(ten.rows("patient")).hasSize(11);
    }
  }

  private static void refused(Runnable run, String what) {
    assertThatThrownBy(run::run)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageStartingWith("Cannot " + what);
  }
}
