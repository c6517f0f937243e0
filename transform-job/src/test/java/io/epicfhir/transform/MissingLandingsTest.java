package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Silver holds what an export brought whose landing is not there: nothing is computed of the other
 * landings that would lose it, and once the landing is back, all is as if it had never been away.
 */
final class MissingLandingsTest {
  private static final String SUNDAY = "2026-01-04T00:00:00Z";
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String THURSDAY = "2026-01-08T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;

  /** How a landing goes. */
  enum Loss {
    FILE_GONE,
    WITHDRAWN
  }

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder);
  }

  private static TestLake.Export patient(TestLake.Export export, String id, int version) {
    String updated = "2026-01-0%dT00:00:00Z".formatted(version);
    return export.resource("Patient", id, String.valueOf(version), updated, id + version);
  }

  private void monday() {
    TestLake.Export export = lake.export("e1", MONDAY).full("Patient");
    List.of("w", "x", "y", "z").forEach(id -> patient(export, id, 1));
    export.land();
  }

  private TestLake.Export tuesday() {
    TestLake.Export export = lake.export("e2", TUESDAY).since(MONDAY).delete("Patient/y");
    return patient(patient(export, "x", 2), "n", 1);
  }

  private TestLake.Export wednesday() {
    return lake.export("e3", WEDNESDAY).since(TUESDAY).delete("Patient/w");
  }

  private void threeNights() {
    monday();
    tuesday().land();
    wednesday().land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("n n1", "x x2", "z z1");
  }

  /** Takes a landing away; what is returned brings it back. */
  private Runnable lose(String export, Loss loss) {
    var file = lake.lake().paths().state("landings/" + export + ".json");
    String text = lake.lake().read(file).orElseThrow();
    if (loss == Loss.WITHDRAWN) {
      Landings landings = new Landings(lake.lake());
      landings.withdraw(landings.find(export).orElseThrow());
      return () -> tuesday().landedAt(THURSDAY).land();
    }
    lake.lake().delete(file);
    return () -> lake.lake().write(file, text);
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  @DisplayName("an export with deletions lands again: all of silver would be computed of bronze")
  void nothingGoesBackToAnOlderContent(Loss loss) {
    threeNights();
    List<String> silver = lake.silver("Patient");
    Runnable back = lose("e2", loss);
    wednesday().landedAt(THURSDAY).land();

    for (int night = 0; night < 2; night++) {
      TransformResult red = lake.run();
      assertThat(red.silver().exports()).isEmpty();
      assertThat(red.problems())
          .anyMatch(problem -> problem.matches("(?s)(Silver contains data of e|E)xports? e2.*"))
          .anyMatch(
              problem ->
                  problem.startsWith("Silver Patient keeps the rows of some resources")
                      && problem.contains("exports e2,"));
      assertThat(lake.silver("Patient")).isEqualTo(silver);
    }

    back.run();
    assertThat(lake.transform().silver().exports()).contains("e3");
    assertThat(lake.silver("Patient")).isEqualTo(silver);
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void whatNeedsNoOtherLandingGoesOn(Loss loss) {
    threeNights();
    Runnable back = lose("e2", loss);
    patient(wednesday().landedAt(THURSDAY), "new", 3).resource("Condition", "c").land();
    patient(lake.export("e4", THURSDAY).since(WEDNESDAY), "newer", 4).land();

    TransformResult red = lake.run();

    assertThat(lake.live("Patient"))
        .containsExactly("n n1", "new new3", "newer newer4", "x x2", "z z1");
    assertThat(lake.live("Condition")).hasSize(1);
    assertThat(red.silver().exports()).doesNotContain("e3");
    assertThat(red.silver().state().of("Patient").rowsLive()).isEqualTo(5);

    back.run();
    lake.transform();
    assertThat(lake.live("Patient"))
        .containsExactly("n n1", "new new3", "newer newer4", "x x2", "z z1");
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void aRebuildWaitsUntilTheLandingIsBack(Loss loss) {
    threeNights();
    List<String> silver = lake.silver("Patient");
    Runnable back = lose("e2", loss);

    TransformResult red = lake.rebuild("Patient");

    assertThat(lake.silver("Patient")).isEqualTo(silver);
    assertThat(red.silver().rebuilt()).isEmpty();
    assertThat(red.silver().problems().changedTypes()).containsExactly("Patient");
    assertThat(red.problems())
        .anyMatch(
            problem ->
                problem.contains(
                    loss == Loss.FILE_GONE
                        ? "therefore no rebuild of Patient"
                        : "Cannot rebuild silver Patient, so the old rows stay: bronze lacks the data of withdrawn exports e2"));

    back.run();
    assertThat(lake.rebuild("Patient").problems()).isEmpty();
    assertThat(lake.silver("Patient")).isEqualTo(silver);
  }

  @Test
  @DisplayName(
      "on an ordinary night: its text's source no longer holds a resource, another one does")
  void aResourceThatOnlyAMissingLandingHoldsStays() {
    patient(lake.export("a1", MONDAY).of("a").full("Patient"), "x", 3).land();
    patient(lake.export("b1", TUESDAY).of("b"), "x", 1).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("x x3");
    Runnable back = lose("b1", Loss.FILE_GONE);
    patient(lake.export("a2", WEDNESDAY).of("a").full("Patient"), "p", 1).land();

    TransformResult red = lake.run();

    assertThat(red.silver().exports()).isEmpty();
    assertThat(lake.live("Patient")).containsExactly("p p1", "x x3");

    back.run();
    lake.transform();
    assertThat(lake.live("Patient")).as("b holds it").containsExactly("p p1", "x x1");
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void anExportThatIsOlderThanAMissingOneWaitsForIt(Loss loss) {
    threeNights();
    List<String> silver = lake.silver("Patient");
    Runnable back = lose("e2", loss);
    patient(lake.export("e0", SUNDAY), "y", 1).land();

    TransformResult red = lake.run();

    assertThat(red.silver().exports()).isEmpty();
    assertThat(red.problems()).isNotEmpty();
    assertThat(lake.silver("Patient")).as("y is deleted").isEqualTo(silver);

    back.run();
    assertThat(lake.transform().silver().exports()).contains("e0");
    assertThat(lake.silver("Patient")).isEqualTo(silver);
  }

  @Test
  void aWithdrawnExportThatWasNeverAppliedStopsNothing() {
    monday();
    lake.transform();
    wednesday().land();
    lake.run();
    tuesday().land();
    Landings landings = new Landings(lake.lake());
    landings.withdraw(landings.find("e2").orElseThrow());
    wednesday().landedAt(THURSDAY).land();

    assertThat(lake.run().silver().exports()).containsExactly("e3");
    assertThat(lake.live("Patient")).containsExactly("x x1", "y y1", "z z1");
  }
}
