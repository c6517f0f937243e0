package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landings;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** D1: what an export brought that was taken back must come again, or the runs are red. */
final class WithdrawnExportTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String THURSDAY = "2026-01-08T00:00:00Z";
  private static final String GONE =
      "Export e2 was withdrawn because its bronze files were damaged";
  private static final String GAP =
      "Export e3 contains only the changes since 2026-01-06T00:00:00Z, and no earlier export of group"
          + " \"group\" covers the time before it; run a full export of the group"
          + " (EPIC_FHIR_BULK_MODE=full)";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void aFullExportAndAChange() {
    lake = new TestLake(folder);
    lake.export("e1", MONDAY).resource("Patient", "a").resource("Patient", "b").land();
    lake.transform();
    lake.export("e2", TUESDAY).since(MONDAY).resource("Patient", "c").land();
  }

  private void withdraw() {
    Landings landings = new Landings(lake.lake());
    landings.withdraw(landings.find("e2").orElseThrow());
  }

  @Nested
  final class AWithdrawnExport {
    @Test
    void isRedBeforeAndAfterOtherRuns() {
      withdraw();
      assertThat(lake.run().problems()).singleElement().asString().startsWith(GONE);
      assertThat(lake.run().problems())
          .singleElement()
          .asString()
          .endsWith(
              "run the extract task of etl/run-e2 again, or run a full export of group \"group\"");
    }

    @Test
    void thatWasAppliedBeforeIsRedToo() {
      lake.transform();
      withdraw();
      assertThat(lake.run().problems()).singleElement().asString().startsWith(GONE);
      assertThat(lake.live("Patient")).as("what was applied stays").hasSize(3);
    }

    @Test
    void isMadeGoodByTheSameExportThatComesAgain() {
      withdraw();
      lake.run();
      lake.export("e2", TUESDAY).landedAt(THURSDAY).since(MONDAY).resource("Patient", "c").land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(3);
    }

    @Test
    void isMadeGoodByALaterFullExport() {
      withdraw();
      lake.export("e4", THURSDAY)
          .full("Patient")
          .resource("Patient", "a")
          .resource("Patient", "b")
          .resource("Patient", "c")
          .land();
      lake.transform();
      assertThat(lake.live("Patient")).hasSize(3);
    }

    @Test
    void isMadeGoodByALaterExportThatReachesAsFarBack() {
      withdraw();
      lake.export("e3", WEDNESDAY).since(MONDAY).resource("Patient", "c").land();
      lake.transform();
    }

    @Test
    void isNotMadeGoodByAFullExportOfOtherTypes() {
      lake.export("e1", MONDAY).full("Patient", "Observation").resource("Patient", "a").land();
      lake.export("e2", TUESDAY).since(MONDAY).resource("Observation", "o").land();
      withdraw();
      lake.export("e4", THURSDAY).full("Patient").resource("Patient", "a").land();
      assertThat(lake.run().problems()).singleElement().asString().startsWith(GONE);
      lake.export("e5", THURSDAY).full("Observation").resource("Observation", "o").land();
      lake.transform();
    }

    @Test
    void isNotMadeGoodByAnOlderExport() {
      withdraw();
      lake.export("e0", "2026-01-04T00:00:00Z").resource("Patient", "z").land();
      assertThat(lake.run().problems()).singleElement().asString().startsWith(GONE);
      assertThat(lake.live("Patient")).as("it is applied all the same").hasSize(3);
    }

    @Test
    void isNotMadeGoodByAnotherGroup() {
      withdraw();
      lake.export("o4", THURSDAY).of("other").resource("Patient", "c").land();
      assertThat(lake.run().problems()).singleElement().asString().startsWith(GONE);
    }

    @Test
    @DisplayName("the later export starts where the withdrawn one ended: both are named")
    void isNotMadeGoodByWhatChangedAfterIt() {
      withdraw();
      lake.export("e3", WEDNESDAY).since(TUESDAY).resource("Patient", "d").land();
      TransformResult red = lake.run();
      assertThat(red.problems()).hasSize(2).contains(GAP).anyMatch(p -> p.startsWith(GONE));
      assertThat(red.silver().exports()).containsExactly("e3");
      assertThat(lake.live("Patient")).hasSize(3);
    }
  }

  @Nested
  final class AChain {
    @Test
    void withoutAGapIsGreen() {
      lake.export("e3", WEDNESDAY).since(TUESDAY).resource("Patient", "d").land();
      lake.export("e4", THURSDAY).since(WEDNESDAY).land();
      lake.transform();
    }

    @Test
    void whoseLinksOverlapIsGreen() {
      lake.export("e3", WEDNESDAY).since("2026-01-05T12:00:00Z").resource("Patient", "d").land();
      lake.transform();
    }

    @Test
    void withALostLinkIsRedUntilAFullExport() {
      lake.lake().delete(lake.lake().paths().state("landings/e2.json"));
      lake.export("e3", WEDNESDAY).since(TUESDAY).resource("Patient", "d").land();
      assertThat(lake.run().problems()).containsExactly(GAP);
      assertThat(lake.run().problems()).containsExactly(GAP);
      lake.export("e4", THURSDAY).resource("Patient", "c").land();
      lake.transform();
    }

    @Test
    void withALostLinkIsNotMadeGoodByAFullExportOfOtherTypes() {
      lake.export("e1", MONDAY)
          .full("Patient", "Observation")
          .resource("Patient", "a")
          .resource("Observation", "o")
          .land();
      lake.lake().delete(lake.lake().paths().state("landings/e2.json"));
      lake.export("e3", WEDNESDAY).since(TUESDAY).resource("Observation", "p").land();
      lake.export("e4", THURSDAY).full("Patient").resource("Patient", "a").land();
      assertThat(lake.run().problems()).containsExactly(GAP);
      lake.export("e5", THURSDAY).full("Observation").resource("Observation", "o").land();
      lake.transform();
    }

    @Test
    void ofAnotherGroupDoesNotFillTheGap() {
      lake.lake().delete(lake.lake().paths().state("landings/e2.json"));
      lake.export("o2", TUESDAY).of("other").resource("Patient", "c").land();
      lake.export("e3", WEDNESDAY).since(TUESDAY).resource("Patient", "d").land();
      assertThat(lake.run().problems()).containsExactly(GAP);
    }

    @Test
    void whoseFirstLinkIsIncrementalIsGreen() {
      lake.export("o2", TUESDAY).of("other").since(MONDAY).resource("Patient", "c").land();
      lake.transform();
    }
  }
}
