package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** C4: when an export commits again, nothing is left of what its older commit said. */
final class RecommitTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String THURSDAY = "2026-01-08T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder);
  }

  @Test
  @DisplayName("C4: the newer commit replaces what the older one gave")
  void replacesWhatItsOlderCommitGave() {
    lake.patients("e0", "2026-01-04T00:00:00Z", "x").land();
    lake.export("e1", MONDAY)
        .resource("Patient", "a", "1", MONDAY, "zzz")
        .resource("Patient", "b", "1", MONDAY, "phantom")
        .resource("Patient", "x", "2", MONDAY, "x2")
        .land();
    lake.transform();
    lake.export("e1", MONDAY).landedAt(TUESDAY).resource("Patient", "a", "1", MONDAY, "aaa").land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a aaa", "x x");
  }

  @Test
  void withTheSameContentChangesNothing() {
    lake.patients("e1", MONDAY, "a", "b").land();
    lake.transform();
    long version = lake.silverVersion();
    lake.patients("e1", MONDAY, "a", "b").landedAt(TUESDAY).land();
    assertThat(lake.transform().silver().exports()).containsExactly("e1");
    assertThat(lake.silverVersion()).isEqualTo(version);
  }

  @Test
  void withoutADeletionThatItHadGivesTheResourceBack() {
    lake.patients("e1", MONDAY, "a").land();
    lake.export("e2", TUESDAY).delete("Patient/a").land();
    lake.transform();
    assertThat(lake.live("Patient")).isEmpty();
    lake.export("e2", TUESDAY).landedAt(WEDNESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a");
  }

  @Test
  void withoutAConclusionThatItHadGivesTheResourceBack() {
    lake.patients("c1", MONDAY, "a", "b", "c").of("crawl:all").land();
    lake.patients("c2", TUESDAY).of("crawl:all").delete("Patient/a").land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("b b", "c c");
    lake.patients("c2", TUESDAY).of("crawl:all").landedAt(WEDNESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a", "b b", "c c");
  }

  @Test
  void thatNoLongerHasAllGivesBackWhatItsOlderCommitTookAway() {
    lake.patients("e1", MONDAY, "a", "b", "c").land();
    lake.patients("e2", TUESDAY, "a", "b").full("Patient").land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a", "b b");
    lake.patients("e2", TUESDAY, "a", "b").landedAt(WEDNESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a", "b b", "c c");
  }

  @Test
  void noLongerHoldsAResourceWhoseTextIsAnotherSources() {
    lake.patients("one", MONDAY, "a", "b", "c").of("one").land();
    lake.export("two", TUESDAY).of("two").resource("Patient", "a", "2", TUESDAY, "newer").land();
    lake.transform();
    lake.patients("one", MONDAY, "b", "c").of("one").landedAt(WEDNESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a newer", "b b", "c c");
    lake.export("two2", THURSDAY).of("two").full("Patient").land();
    lake.transform();
    assertThat(lake.live("Patient")).as("only source two held it").containsExactly("b b", "c c");
  }

  @Test
  @DisplayName("a run died between its commit and its mark, and the export commits again")
  void afterACrashBeforeTheMarkIsNoticed() {
    lake.patients("e1", MONDAY, "a", "b").land();
    lake.transform();
    var mark = lake.lake().paths().state("applied/e1.json");
    String died = lake.lake().read(mark).orElseThrow();
    assertThat(died).contains("\"applied_at\" : \"");
    lake.lake().write(mark, died.replaceFirst("(\"applied_at\" : )\"[^\"]*\"", "$1null"));
    lake.patients("e1", MONDAY, "a").landedAt(TUESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a");
  }

  @Test
  void afterItWasWithdrawnIsNoticed() {
    lake.patients("e1", MONDAY, "a", "b").land();
    lake.transform();
    Landings landings = new Landings(lake.lake());
    landings.withdraw(landings.find("e1").orElseThrow());
    lake.run();
    assertThat(lake.live("Patient")).as("what is withdrawn stays for now").hasSize(2);
    lake.patients("e1", MONDAY, "a").landedAt(TUESDAY).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a");
  }

  @Test
  @DisplayName("A2: what another commit of an export takes away is bounded, too")
  void thatLostNearlyAllIsHeldBackUntilSomebodyAcceptsIt() {
    lake.patients("e1", MONDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l").land();
    lake.transform();
    lake.patients("e1", MONDAY, "a").landedAt(TUESDAY).land();
    TransformResult red = lake.run();
    assertThat(red.problems())
        .singleElement()
        .asString()
        .contains("11 of 12 Patient", "accept_deletions = Patient:11");
    assertThat(red.silver().exports()).isEmpty();
    assertThat(lake.live("Patient")).hasSize(12);
    assertThat(lake.run().problems()).hasSize(1);
    assertThat(lake.accept(Map.of("Patient", 11L)).problems()).isEmpty();
    assertThat(lake.live("Patient")).containsExactly("a a");
  }

  private TestLake.Export clinic(String time, int patients, int conditions) {
    TestLake.Export export = lake.export("e1", time);
    for (int i = 1; i <= patients; i++) {
      export.resource("Patient", "p" + i, "1", MONDAY, "p" + i);
    }
    for (int i = 1; i <= conditions; i++) {
      export.resource("Condition", "c" + i, "1", MONDAY, "c" + i);
    }
    return export;
  }

  @ParameterizedTest
  @ValueSource(booleans = true)
  @DisplayName("A2: beyond the bound of one type nothing goes of any; the rest goes on")
  void thatLostNearlyAllOfOneTypeDeletesNothingAndItsContentCounts(boolean full) {
    TestLake.Export first = clinic(MONDAY, 12, 20);
    TestLake.Export second = clinic(MONDAY, 0, 17).landedAt(TUESDAY);
    second.resource("Patient", "p1", "2", MONDAY, "corrected").resource("Patient", "q");
    if (full) {
      first.full();
      second.full();
    }
    first.land();
    lake.transform();
    second.land();
    lake.export("e2", WEDNESDAY)
        .since(MONDAY)
        .resource("Patient", "n")
        .delete("Patient/p2", "Condition/c1")
        .land();

    for (int night = 0; night < 2; night++) {
      TransformResult red = lake.run();
      assertThat(red.problems())
          .singleElement()
          .asString()
          .startsWith("Nothing was deleted: the source no longer holds ")
          .contains("accept_deletions = Patient:10");
      assertThat(red.silver().exports()).isEqualTo(night == 0 ? List.of("e2") : List.of());
      assertThat(lake.live("Patient"))
          .hasSize(13)
          .contains("p1 corrected", "p12 p12")
          .anyMatch(line -> line.startsWith("q "))
          .anyMatch(line -> line.startsWith("n "))
          .noneMatch(line -> line.startsWith("p2 "));
      assertThat(lake.live("Condition")).as("but for the server's own word").hasSize(19);
      assertThat(red.silver().state().of("Patient").rowsLive()).isEqualTo(13);
      assertThat(red.silver().state().of("Condition").tombstones()).isEqualTo(1);
    }

    assertThat(lake.accept(Map.of("Patient", 10L)).problems()).isEmpty();
    assertThat(lake.live("Patient")).hasSize(3).contains("p1 corrected");
    assertThat(lake.live("Condition")).hasSize(16);
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(booleans = false)
  void norDoesOneOfChanges(boolean full) {
    thatLostNearlyAllOfOneTypeDeletesNothingAndItsContentCounts(full);
  }

  @Test
  void thatLostNearlyAllIsMadeGoodByALandingThatHasAll() {
    clinic(MONDAY, 12, 20).land();
    lake.transform();
    clinic(MONDAY, 1, 17).landedAt(TUESDAY).land();
    assertThat(lake.run().problems()).hasSize(1);
    clinic(MONDAY, 12, 19).landedAt(WEDNESDAY).land();
    assertThat(lake.transform().silver().exports()).containsExactly("e1");
    assertThat(lake.live("Patient")).hasSize(12);
    assertThat(lake.live("Condition")).hasSize(19);
  }

  @Test
  void besideAFullExportThatIsHeldBackDeletesNothingOfOtherTypes() {
    clinic(MONDAY, 12, 20).land();
    lake.transform();
    clinic(MONDAY, 12, 17).landedAt(TUESDAY).land();
    lake.export("e2", WEDNESDAY).full("Patient").resource("Patient", "p1").land();
    TransformResult red = lake.run();
    assertThat(red.problems()).singleElement().asString().contains("11 of 12 Patient");
    assertThat(red.silver().exports()).isEmpty();
    assertThat(lake.live("Patient")).hasSize(12);
    assertThat(lake.live("Condition")).hasSize(20);
    assertThat(lake.accept(Map.of("Patient", 11L)).problems()).isEmpty();
    assertThat(lake.live("Patient")).hasSize(1);
    assertThat(lake.live("Condition")).hasSize(17);
  }

  @Test
  void aPartThatComesAfterADisappearanceDoesNotReplaceTheWholeVersion() {
    lake.patients("e1", MONDAY, "a", "b", "c").full("Patient").land();
    lake.transform();
    lake.patients("e2", TUESDAY, "b", "c").full("Patient").land();
    lake.transform();
    String part = "{\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}}";
    lake.export("e3", WEDNESDAY).resource("Patient", "a", "2", WEDNESDAY, part).land();
    lake.transform();
    assertThat(lake.live("Patient")).containsExactly("a a", "b b", "c c");
  }
}
