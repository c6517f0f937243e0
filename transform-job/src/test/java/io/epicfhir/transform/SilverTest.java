package io.epicfhir.transform;

import static org.apache.spark.sql.functions.col;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.silver.SilverCounts;
import io.epicfhir.transform.silver.SilverState;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which version of a resource counts, what deletions leave, and what a run counts. */
final class SilverTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder);
  }

  private static SilverCounts patients(TransformResult result) {
    return result.silver().counts().get("Patient");
  }

  private static SilverState.TypeState state(TransformResult result, String type) {
    return result.silver().state().of(type);
  }

  @Nested
  final class TheNewestVersion {
    @Test
    @DisplayName("fault 27: an older version that arrives later changes nothing")
    void isTheLastUpdatedOneWhateverExportBringsIt() {
      lake.export("e1", TUESDAY)
          .resource("Patient", "a", "2", "2026-01-04T00:00:00.000002Z", "new")
          .land();
      lake.transform();
      lake.export("e2", WEDNESDAY)
          .resource("Patient", "a", "1", "2026-01-04T00:00:00.000001Z", "old")
          .land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a 2 false new");
    }

    @Test
    void isTheLaterExportsWhereTheServerSendsNoTime() {
      lake.export("e1", MONDAY).resource("Patient", "a", null, null, "old").land();
      lake.export("e2", TUESDAY).resource("Patient", "a", null, null, "new").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a null false new");
    }

    @Test
    void isTheGreaterNumberNotTheGreaterText() {
      lake.export("e1", MONDAY)
          .resource("Patient", "a", "10", MONDAY, "tenth")
          .resource("Patient", "a", "9", MONDAY, "ninth")
          .resource("Patient", "b", "00099999999999999999999", MONDAY, "less")
          .resource("Patient", "b", "100000000000000000000", MONDAY, "more")
          .land();
      lake.transform();
      assertThat(lake.silver("Patient"))
          .containsExactly("a 10 false tenth", "b 100000000000000000000 false more");
    }

    @Test
    @DisplayName("fault 26: the same id twice is taken once")
    void isTakenOnceWhereAnExportRepeatsIt() {
      lake.export("e1", MONDAY)
          .resource("Patient", "a", "1", MONDAY, "same")
          .resource("Patient", "a", "1", MONDAY, "same")
          .resource("Patient", "b", null, null, "other")
          .land();
      SilverCounts counts = patients(lake.transform());
      assertThat(counts.received()).isEqualTo(3);
      assertThat(counts.ids()).isEqualTo(2);
      assertThat(counts.inserted()).isEqualTo(2);
      assertThat(counts.changed()).isEqualTo(2);
      assertThat(counts.live()).isEqualTo(2);
      assertThat(lake.silver("Patient")).containsExactly("a 1 false same", "b null false other");
    }
  }

  @Nested
  final class Deletions {
    @Test
    @DisplayName("fault 28: data that is older than the deletion does not open a tombstone")
    void leaveATombstoneThatOlderDataDoesNotOpenAgain() {
      lake.export("e1", MONDAY).resource("Patient", "a", "1", MONDAY, "one").land();
      lake.export("e3", WEDNESDAY).delete("Patient/a").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a null true null");
      // Observed before the deletion, and landed after it: a backfill, a replay.
      lake.export("e2", TUESDAY).resource("Patient", "a", "7", TUESDAY, "seven").land();
      lake.transform();
      lake.applyAgain("e1", "e2");
      assertThat(lake.silver("Patient")).containsExactly("a null true null");
    }

    @Test
    @DisplayName("fault 28: a tombstone gives way to a later creation")
    void giveWayToALaterCreation() {
      lake.export("e1", MONDAY).resource("Patient", "a", "1", MONDAY, "one").land();
      lake.export("e2", TUESDAY).delete("Patient/a").land();
      lake.transform();
      lake.export("e3", WEDNESDAY)
          .resource("Patient", "a", "2", "2026-01-06T12:00:00Z", "two")
          .land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a 2 false two");
    }

    @Test
    void ofAnUnknownIdHoldAgainstAnOlderCreation() {
      lake.export("e2", TUESDAY)
          .delete("Patient/a", "https://server.example/r4/Condition/c/_history/3")
          .land();
      TransformResult result = lake.transform();
      assertThat(result.silver().counts().values())
          .extracting(SilverCounts::saidGone)
          .containsExactly(1L, 1L);
      assertThat(state(result, "Condition").tombstones()).isEqualTo(1);
      lake.export("e1", MONDAY).resource("Patient", "a", "1", MONDAY, "one").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a null true null");
      assertThat(lake.silver("Condition")).containsExactly("c null true null");
    }

    @Test
    void areCountedWithWhatIsLeft() {
      lake.export("e1", MONDAY)
          .resource("Patient", "a", "1", MONDAY, "one")
          .resource("Patient", "b", "1", MONDAY, "one")
          .land();
      lake.transform();
      lake.export("e2", TUESDAY).delete("Patient/a").land();
      TransformResult result = lake.transform();
      SilverCounts counts = patients(result);
      assertThat(counts.sighted()).isZero();
      assertThat(counts.saidGone()).isEqualTo(1);
      assertThat(counts.ids()).isEqualTo(1);
      assertThat(counts.changed()).isEqualTo(1);
      assertThat(counts.deleted()).isEqualTo(1);
      assertThat(counts.released()).as("the server said so").isZero();
      assertThat(counts.live()).isEqualTo(-1);
      assertThat(state(result, "Patient").rowsLive()).isEqualTo(1);
      assertThat(state(result, "Patient").tombstones()).isEqualTo(1);
    }
  }

  @Nested
  final class NothingNew {
    @Test
    void makesNoCommit() {
      lake.export("e1", MONDAY)
          .resource("Patient", "a", "1", MONDAY, "one")
          .resource("Condition", "c", null, null, "one")
          .land();
      lake.transform();
      lake.export("e2", TUESDAY)
          .resource("Patient", "a", "1", MONDAY, "one")
          .resource("Condition", "c", null, null, "one")
          .land();
      TransformResult again = lake.transform();
      assertThat(again.silver().exports()).containsExactly("e2");
      assertThat(again.silver().counts().values())
          .hasSize(2)
          .allSatisfy(
              counts -> {
                assertThat(counts.received()).isEqualTo(1);
                assertThat(counts.kept()).isEqualTo(1);
                assertThat(counts.changed()).isZero();
                assertThat(counts.live()).isZero();
              });
      assertThat(lake.silverVersion()).isZero();
    }

    @Test
    void isLeftToDoAfterARunAndHarmlessWhenAskedForAgain() {
      lake.export("e1", MONDAY).resource("Patient", "a", "1", MONDAY, "one").land();
      assertThat(lake.transform().silver().exports()).containsExactly("e1");
      TransformResult idle = lake.transform();
      assertThat(idle.silver().exports()).isEmpty();
      assertThat(idle.silver().counts()).isEmpty();
      assertThat(state(idle, "Patient").rowsLive()).as("told all the same").isEqualTo(1);
      assertThat(lake.applyAgain("e1").silver().exports()).containsExactly("e1");
      assertThat(lake.silverVersion()).isZero();
    }
  }

  @Nested
  final class ALateLanding {
    @Test
    void doesNotWinOverALaterExportThatRepeatedAnOlderOne() {
      lake.export("e1", MONDAY).resource("Patient", "a", null, null, "x").land();
      lake.transform();
      lake.export("e3", WEDNESDAY).resource("Patient", "a", null, null, "x").land();
      lake.transform();
      lake.export("e2", TUESDAY).resource("Patient", "a", null, null, "y").land();
      lake.transform();
      assertThat(lake.silver("Patient")).containsExactly("a null false x");
    }

    @Test
    void doesNotOpenATombstoneThatALaterExportRepeated() {
      lake.export("e1", MONDAY).delete("Patient/a").land();
      lake.transform();
      lake.export("e3", WEDNESDAY).delete("Patient/a").land();
      lake.transform();
      lake.export("e2", TUESDAY).resource("Patient", "a", "4", null, "y").land();
      SilverCounts counts = patients(lake.transform());
      assertThat(lake.silver("Patient")).containsExactly("a null true null");
      assertThat(counts.received()).isEqualTo(1);
    }
  }

  @Test
  void aRowSaysWhichCommitWroteIt() {
    lake.export("e1", MONDAY)
        .resource("Patient", "a", "1", MONDAY, "one")
        .resource("Patient", "b", "1", MONDAY, "one")
        .land();
    lake.transform();
    lake.export("e2", TUESDAY).resource("Patient", "b", "2", TUESDAY, "two").land();
    lake.transform();
    assertThat(
            TestLake.spark()
                .read()
                .format("delta")
                .load(lake.lake().paths().silver().toString())
                .where(col("resource_type").equalTo("Patient"))
                .select("id", "silver_version")
                .orderBy("id")
                .collectAsList())
        .extracting(row -> row.mkString(" "))
        .containsExactly("a 0", "b 1");
  }
}
