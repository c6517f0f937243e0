package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Everything from time to time, and the newest days in between. */
class SweepTest extends SiteTest {
  private List<String> kickOffs() {
    return site.server.requests().entries().stream()
        .filter(entry -> entry.kind() == RequestKind.KICK_OFF)
        .map(entry -> URLDecoder.decode(entry.uri(), StandardCharsets.UTF_8))
        .toList();
  }

  private int kickOff(String run) throws IOException {
    return site.run(new KickOff(time.pace()), run, "kick_off");
  }

  @Test
  void afterFullEveryEverythingIsAskedForAgain() throws IOException {
    openInSkippedTime(o -> o.fileLifetime(Duration.ofDays(9)));
    site.settings.put("bulk.full-every", "\"7 days\"");
    assertThat(site.runAll("r1")).isZero();

    time.skip(Duration.ofDays(6));
    assertThat(kickOff("r2")).isZero();
    time.skip(Duration.ofDays(2));
    assertThat(kickOff("r3")).isZero();
    assertThat(kickOffs()).as("what is on its way comes first").hasSize(2);
    assertThat(site.run(new ExportStatus(time.pace()), "r2", "wait")).isZero();
    assertThat(site.run(new Extract(), "r2", "extract")).isZero();
    assertThat(kickOff("r4")).isZero();

    assertThat(kickOffs().get(1)).contains("_since");
    assertThat(kickOffs().get(2)).doesNotContain("_since");
    assertThat(site.report("r4", "kick_off").path("notes").toString())
        .contains("the last full export is more than 7 days old (bulk.full-every)");
  }

  @Test
  void zeroMeansNever() throws IOException {
    openInSkippedTime(o -> o);
    site.settings.put("bulk.full-every", "\"0 days\"");
    assertThat(site.runAll("r1")).isZero();
    time.skip(Duration.ofDays(4000));

    assertThat(kickOff("r2")).isZero();

    assertThat(kickOffs().get(1)).contains("_since");
  }

  private void windows() {
    site.settings.put("bulk.mode", "full");
    site.settings.put("bulk.windows.Observation", "[\"category=vital-signs&date=ge{from}\"]");
    site.settings.put("bulk.window-days.Observation", "10");
  }

  @Test
  void aWindowBringsTheNewestDaysOfItsTypeAndSaysNothingAboutWhatExists() throws IOException {
    open(o -> o);
    windows();
    assertThat(site.runAll("r1")).isZero();
    assertThat(site.runAll("r2")).isZero();

    LocalDate from = LocalDate.now(ZoneOffset.UTC).minusDays(10);
    assertThat(kickOffs().get(0)).doesNotContain("_typeFilter", "_since");
    assertThat(kickOffs().get(1))
        .contains("_typeFilter=Observation?category=vital-signs&date=ge" + from)
        .doesNotContain("_since");
    Landing windowed =
        site.landings().stream().filter(l -> l.since() != null).findFirst().orElseThrow();
    assertThat(windowed.since()).isEqualTo(from.atStartOfDay(ZoneOffset.UTC).toInstant());
    assertThat(windowed.completeTypes()).containsExactly("Patient");
  }

  /** A window that ends: its last day is that of the request. */
  @Test
  void untilIsTheDayAfterTheRequest() throws IOException {
    openInSkippedTime(o -> o);
    windows();
    site.settings.put("bulk.windows.Observation", "[\"date=ge{from}&date=lt{until}\"]");
    assertThat(site.runAll("r1")).isZero();

    assertThat(kickOff("r2")).isZero();

    LocalDate today = LocalDate.ofInstant(time.instant(), ZoneOffset.UTC);
    assertThat(kickOffs().get(1))
        .contains("Observation?date=ge" + today.minusDays(10) + "&date=lt" + today.plusDays(1));
  }

  @Test
  void afterALongerGapThanTheWindowEverythingIsAskedFor() throws IOException {
    openInSkippedTime(o -> o);
    windows();
    site.settings.put("bulk.full-every", "\"0 days\"");
    assertThat(site.runAll("r1")).isZero();
    time.skip(Duration.ofDays(9));
    assertThat(kickOff("r2")).isZero();
    time.skip(Duration.ofDays(2));

    assertThat(kickOff("r3")).isZero();

    assertThat(kickOffs().get(1)).contains("_typeFilter");
    assertThat(kickOffs().get(2)).doesNotContain("_typeFilter");
  }

  /** The server takes its time: another day's window is no reason to ask for a second export. */
  @Test
  void anExportOfAnotherDaysWindowIsAdopted() throws IOException {
    openInSkippedTime(o -> o);
    windows();
    assertThat(site.runAll("r1")).isZero();
    assertThat(kickOff("r2")).isZero();
    time.skip(Duration.ofDays(1));

    assertThat(kickOff("r3")).isZero();

    assertThat(kickOffs()).hasSize(2);
    assertThat(site.report("r3", "kick_off").at("/result/state").asText()).isEqualTo("adopted");
  }

  @Test
  void whatCannotBeAWindowIsAProblemOfTheSettings() throws IOException {
    open(o -> o);
    site.settings.put("bulk.windows.Goal", "[\"start-date=ge{from}\", \"status=active\"]");
    site.settings.put("bulk.window-days.Goal", "0");

    assertThat(kickOff("r1")).isEqualTo(2);

    assertThat(site.error("r1", "kick_off"))
        .contains("each with {from}")
        .contains("bulk.window-days = Goal = [0]")
        .contains("no windows with bulk.mode = incremental")
        .contains("bulk.windows = Goal: expected a type of bulk.types")
        .doesNotContain("nothing for Goal");
  }

  @Test
  void aLostFullExportIsNotReplacedByAWindow() throws IOException {
    open(o -> o);
    windows();
    assertThat(site.runAll("r1")).isZero();
    assertThat(site.runAll("r2")).isZero();
    Landing full =
        site.landings().stream().filter(l -> l.since() == null).findFirst().orElseThrow();
    new Landings(site.lake()).withdraw(full);

    assertThat(kickOff("r3")).isZero();

    assertThat(kickOffs().get(2)).doesNotContain("_typeFilter");
  }
}
