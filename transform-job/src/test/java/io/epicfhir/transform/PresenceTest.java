package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.silver.SilverCounts;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a resource is there is ordered by when its source was observed; what it says is not. */
final class PresenceTest {
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

  @Nested
  final class ALaterSighting {
    @Test
    @DisplayName("A1: a resource that is served again with its old lastUpdated is there again")
    void beatsAnOlderDeletionWhateverLastUpdatedSays() {
      lake.patients("e1", MONDAY, "a").land();
      lake.transform();
      lake.export("e2", TUESDAY).delete("Patient/a").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a null true null");
      lake.patients("e3", WEDNESDAY, "a").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a 1 false a");
      lake.rebuild("Patient");
      assertThat(lake.silver("Patient")).containsExactly("a 1 false a");
    }

    @Test
    void hasItsOwnTextEvenWhereThatIsOlderThanTheDeletedOne() {
      lake.export("e1", MONDAY).resource("Patient", "a", "5", MONDAY, "five").land();
      lake.export("e2", TUESDAY).delete("Patient/a").land();
      lake.export("e3", WEDNESDAY)
          .resource("Patient", "a", "4", "2026-01-01T00:00:00Z", "four")
          .land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a 4 false four");
    }

    @Test
    void ofAnotherSourceBeatsIt() {
      lake.patients("e1", MONDAY, "a").of("one").land();
      lake.transform();
      lake.export("e2", TUESDAY).of("one").delete("Patient/a").land();
      lake.transform();
      lake.patients("e3", WEDNESDAY, "a").of("two").land();
      lake.transform();
      assertThat(lake.live("Patient")).containsExactly("a a");
    }

    @Test
    @DisplayName("A3: within one export output beats deleted")
    void withinOneExportBeatsItsDeletion() {
      lake.patients("e1", MONDAY, "a").delete("Patient/a", "Patient/b").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a 1 false a", "b null true null");
    }
  }

  @Nested
  final class AFullExport {
    @BeforeEach
    void tenOfThem() {
      lake.patients("e1", MONDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
          .full("Patient")
          .land();
      lake.transform();
    }

    @Test
    @DisplayName("A7: what a full export no longer holds is gone")
    void takesAwayWhatItNoLongerHolds() {
      lake.patients("e2", TUESDAY, "a", "b", "c", "d", "e", "f", "g", "h").full("Patient").land();
      SilverCounts counts = lake.transform().silver().counts().get("Patient");
      assertThat(counts.released()).isEqualTo(2);
      assertThat(lake.live("Patient")).hasSize(8).doesNotContain("i i", "j j");
      lake.rebuild("Patient");
      assertThat(lake.live("Patient")).hasSize(8);
    }

    @Test
    void doesNotTouchOtherTypes() {
      lake.export("e2", TUESDAY).resource("Condition", "c1").full("Condition").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(10);
    }

    @Test
    void thatIsIncrementalTakesNothingAway() {
      lake.patients("e2", TUESDAY, "a").since(MONDAY).land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(10);
    }

    @Test
    void leavesWhatAnotherSourceStillHolds() {
      lake.patients("o1", MONDAY, "i").of("other").land();
      lake.transform();
      lake.patients("e2", TUESDAY, "a", "b", "c", "d", "e", "f", "g", "h").full("Patient").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(9).contains("i i");
      lake.export("o2", WEDNESDAY).of("other").full("Patient").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(8).doesNotContain("i i");
    }

    @Test
    @DisplayName("A2: an empty night deletes nothing before somebody accepts it")
    void thatIsEmptyIsHeldBackUntilSomebodyAcceptsIt() {
      lake.export("e2", TUESDAY).full().land();
      TransformResult red = lake.run();
      assertThat(lake.live("Patient")).hasSize(10);
      assertThat(red.problems())
          .singleElement()
          .asString()
          .startsWith("Nothing was deleted: the source no longer holds 10 of 10 Patient, more than")
          .contains("accept_deletions = Patient:10");
      assertThat(red.silver().exports()).isEmpty();
      assertThat(lake.run().problems()).as("red until somebody accepts").hasSize(1);

      assertThat(lake.accept(Map.of("Patient", 9L)).problems()).hasSize(1);
      TransformResult accepted = lake.accept(Map.of("Patient", 10L));

      assertThat(accepted.problems()).isEmpty();
      assertThat(lake.live("Patient")).isEmpty();
      assertThat(lake.run().problems()).isEmpty();
    }

    @Test
    void thatIsEmptyHealsWithTheNextOneThatHasAll() {
      lake.export("e2", TUESDAY).full("Patient").resource("Patient", "new").land();
      assertThat(lake.run().problems()).hasSize(1);
      assertThat(lake.live("Patient")).hasSize(11);
      lake.patients("e3", WEDNESDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "new")
          .full("Patient")
          .land();
      TransformResult healed = lake.run();
      assertThat(healed.problems()).isEmpty();
      assertThat(healed.silver().exports()).containsExactly("e2", "e3");
      assertThat(lake.live("Patient")).hasSize(11);
    }

    @Test
    void takesAwayOfATypeThatItNeedNotHoldWholeOnlyWhatWasConfirmed() {
      lake.export("e2", TUESDAY).resource("Condition", "c1").resource("Condition", "c2").land();
      lake.transform();
      lake.patients("e3", WEDNESDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
          .full("Patient")
          .delete("Condition/c1")
          .concluding()
          .land();
      lake.transform();
      assertThat(lake.silver("Condition")).hasSize(2).anyMatch(row -> row.contains("c1 null true"));
      assertThat(lake.live("Condition")).singleElement().asString().startsWith("c2 ");
      lake.rebuild("Condition");
      assertThat(lake.live("Condition")).hasSize(1);
      lake.export("e4", THURSDAY).resource("Condition", "c1").land();
      lake.transform();
      assertThat(lake.live("Condition")).hasSize(2);
    }

    @Test
    void thatArrivesLateTakesAwayOnlyWhatWasNotSeenLater() {
      lake.patients("e3", WEDNESDAY, "i").since(MONDAY).land();
      lake.transform();
      lake.patients("e2", TUESDAY, "a", "b", "c", "d", "e", "f", "g", "h").full("Patient").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(9).contains("i i").doesNotContain("j j");
    }

    @Test
    void saysWhatTheContentIsEvenWhereTheServerWentBackInTime() {
      lake.export("e2", TUESDAY)
          .since(MONDAY)
          .resource("Patient", "a", "9", TUESDAY, "newer")
          .land();
      lake.transform();
      lake.patients("e3", WEDNESDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
          .full()
          .land();
      lake.transform();
      assertThat(lake.live("Patient")).contains("a a");
    }
  }

  @Nested
  final class AWholeVersionThatItsSourceNoLongerHolds {
    private static final String PART = "{\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}}";

    /** Its source holds a part of it: the last whole text stays until there is another one. */
    @BeforeEach
    void keepTheText() {
      lake.export("w1", MONDAY)
          .full("Goal")
          .resource("Goal", "a", "11", MONDAY, "whole")
          .resource("Goal", "b", "11", MONDAY, "whole")
          .land();
    }

    private void thePart() {
      lake.export("w2", TUESDAY)
          .full("Goal")
          .resource("Goal", "a", null, null, PART)
          .resource("Goal", "b", null, null, PART)
          .land();
    }

    private void another() {
      lake.export("w3", WEDNESDAY)
          .of("crawl:all")
          .resource("Goal", "a", null, "2025-01-01T00:00:00Z", "another")
          .land();
    }

    /** The tag's code is compared whole, also of a text that Jackson's limits keep from a parse. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void giveWayToATextWhoseTagOnlyLooksLikeThat(boolean inSpark) {
      if (inSpark) {
        lake.inSpark();
      }
      lake.transform();
      String digits = "1".repeat(1_001);
      lake.export("w2", TUESDAY)
          .resource("Goal", "a", "12", TUESDAY, PART.replace("SUBSETTED", "NOT-SUBSETTED"))
          .resource(
              "Goal", "b", "12", TUESDAY, PART.replace("{\"meta", "{\"x\":" + digits + ",\"meta"))
          .land();
      lake.transform();
      assertThat(lake.live("Goal"))
          .containsExactly("a " + PART.replace("SUBSETTED", "NOT-SUBSETTED"), "b whole");
    }

    @Test
    void givesWayToAnyThatAnotherOneHoldsHoweverOld() {
      lake.transform();
      thePart();
      lake.transform();
      assertThat(lake.live("Goal")).containsExactly("a whole", "b whole");
      another();
      lake.transform();
      assertThat(lake.live("Goal")).containsExactly("a another", "b whole");
    }

    @Test
    void doesSoWhereTheFirstNightHadBothExports() {
      thePart();
      lake.transform();
      another();
      lake.transform();
      assertThat(lake.live("Goal")).containsExactly("a another", "b whole");
    }

    @Test
    void countsAgainOnceItsSourceHoldsItAgain() {
      lake.transform();
      thePart();
      lake.transform();
      lake.export("w2b", "2026-01-06T12:00:00Z")
          .resource("Goal", "a", "11", MONDAY, "whole")
          .land();
      lake.transform();
      another();
      lake.transform();
      assertThat(lake.live("Goal")).containsExactly("a whole", "b whole");
    }
  }

  @Nested
  final class AConclusionOfACrawl {
    @Test
    void isBoundedAndOnlyTheCrawlsOwn() {
      lake.patients("c1", MONDAY, "a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
          .of("crawl:all")
          .land();
      lake.patients("b1", MONDAY, "b").of("bulk").land();
      lake.transform();
      lake.export("c2", TUESDAY).of("crawl:all").delete("Patient/a", "Patient/b").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(9).contains("b b").doesNotContain("a a");
      lake.export("c3", WEDNESDAY)
          .of("crawl:all")
          .delete("Patient/c", "Patient/d", "Patient/e", "Patient/f", "Patient/g", "Patient/h")
          .land();
      assertThat(lake.run().problems()).hasSize(1);
      assertThat(lake.live("Patient")).hasSize(9);
      lake.accept(Map.of("Patient", 6L));
      assertThat(lake.live("Patient")).hasSize(3);
    }
  }

  @Nested
  final class TheServersClock {
    @Test
    @DisplayName("B3: a lastUpdated of the future does not win for ever")
    void ofTheFutureIsCappedAtTheExportsTimeAndCounted() {
      lake.export("e1", MONDAY)
          .resource("Patient", "a", "1", "2062-01-01T00:00:00Z", "future")
          .land();
      SilverCounts counts = lake.transform().silver().counts().get("Patient");
      assertThat(counts.capped()).isEqualTo(1);
      lake.export("e2", WEDNESDAY).resource("Patient", "a", "2", TUESDAY, "corrected").land();
      lake.transform();
      assertThat(lake.live("Patient")).containsExactly("a corrected");
      lake.export("e3", THURSDAY).delete("Patient/a").land();
      lake.transform();
      assertThat(lake.live("Patient")).isEmpty();
    }
  }
}
