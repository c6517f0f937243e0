package io.epicfhir.extract;

import static java.time.temporal.ChronoUnit.DAYS;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs for days of the past: what a backfill or a catch-up costs the server. */
class PastWindowTest extends SiteTest {
  private final Instant today = Instant.now().truncatedTo(DAYS);

  private void day(String run, int daysAgo) {
    site.window(run, today.minus(daysAgo, DAYS), today.minus(daysAgo - 1, DAYS));
  }

  private String notes(String run, String task) throws IOException {
    return site.report(run, task).path("notes").toString();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fiveDaysInAnyOrderCostTheServerOneExport(boolean forwards) throws IOException {
    open(o -> o);
    List<Integer> order = forwards ? List.of(5, 4, 3, 2, 1) : List.of(1, 2, 3, 4, 5);
    for (int daysAgo : order) {
      day("d" + daysAgo, daysAgo);
      assertThat(site.runAll("d" + daysAgo)).isZero();
    }
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
    assertThat(site.landings()).hasSize(1);
    String first = "d" + order.get(0);
    String last = "d" + order.get(4);
    assertThat(site.report(last, "kick_off").at("/result/export_id"))
        .isEqualTo(site.report(first, "kick_off").at("/result/export_id"));
    assertThat(site.report(last, "kick_off").at("/result/state").asText()).isEqualTo("landed");
    assertThat(notes(last, "kick_off"))
        .contains("already covers this run's interval")
        .contains("nothing is requested from the server");
    assertThat(site.report(last, "extract").at("/run/host_class").asText())
        .as("nothing is to be downloaded, so no Spark")
        .doesNotContain("local[");
  }

  @Test
  void theFirstOfThemSaysUpFrontThatItIsAFullRefresh() throws IOException {
    open(o -> o);
    day("d3", 3);
    assertThat(site.runAll("d3")).isZero();
    assertThat(notes("d3", "kick_off")).contains("requests everything (a full export) up to now");
  }

  @Test
  void todaysRunAsksAlthoughYesterdaysLanded() throws IOException {
    open(o -> o);
    day("yesterday", 2);
    assertThat(site.runAll("yesterday")).isZero();
    Instant now = Instant.now();
    site.window("today", now.minus(1, DAYS), now.plusSeconds(1));
    assertThat(site.runAll("today")).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(notes("today", "kick_off")).doesNotContain("single past day");
    Landing first = site.landings().get(0);
    assertThat(site.landings().get(1).since()).isEqualTo(first.transactionTime());
  }

  @Test
  void aManualRunAlwaysAsks() throws IOException {
    open(o -> o);
    assertThat(site.runAll("one")).isZero();
    assertThat(site.runAll("two")).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void aTypeThatIsNewInTheSettingsIsNotCovered() throws IOException {
    open(o -> o);
    day("d2", 2);
    day("d1", 1);
    site.settings.put("bulk.types", "[Patient]");
    assertThat(site.runAll("d2")).isZero();
    site.settings.put("bulk.types", "[Patient, Observation]");
    assertThat(site.runAll("d1")).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
    assertThat(site.landings().get(1).since()).isNull();
  }
}
