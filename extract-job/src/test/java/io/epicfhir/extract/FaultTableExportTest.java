package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The fault table's rows about kick-off, status and manifest; see {@link FaultTableTest}. */
class FaultTableExportTest extends SiteTest {
  private static final Match KICK_OFF = Match.kind(RequestKind.KICK_OFF);
  private static final Match STATUS = Match.kind(RequestKind.STATUS);
  private static final List<RequestKind> BEFORE_THE_KICK_OFF =
      List.of(RequestKind.DISCOVERY, RequestKind.TOKEN, RequestKind.METADATA);
  private static final List<RequestKind> TO_THE_KICK_OFF =
      List.of(RequestKind.DISCOVERY, RequestKind.TOKEN, RequestKind.METADATA, RequestKind.KICK_OFF);

  private Duration notBefore() throws IOException {
    return Duration.between(
        time.instant(), Instant.parse(result("wait").path("not_before").asText()));
  }

  private String inSeconds(long seconds) {
    return DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
        .withZone(ZoneOffset.UTC)
        .format(time.instant().plusSeconds(seconds));
  }

  @Test
  void fault_12_429_with_seconds() throws IOException {
    openInSkippedTime(o -> o);
    for (RequestKind kind : TO_THE_KICK_OFF) {
      site.server.faults().once(Match.kind(kind), Fault.tooManyRequests("30"));
    }

    assertThat(kickOff()).isZero();

    assertThat(time.pauses).hasSize(4).containsOnly(Duration.ofSeconds(30));
    assertThat(TO_THE_KICK_OFF).allSatisfy(kind -> assertThat(asked(kind)).isEqualTo(2));
    assertThat(site.server.requests().earlyRequests()).isZero();
  }

  @Test
  void fault_12_429_with_seconds_at_the_status_is_the_schedulers_to_wait_for() throws IOException {
    openInSkippedTime(
        o -> o.exportTime(Duration.ofMinutes(12)).retryAfter(Duration.ofSeconds(500)));
    assertThat(kickOff()).isZero();
    site.server.faults().once(STATUS, Fault.tooManyRequests("300"));

    assertThat(status()).isZero();
    assertThat(notBefore()).isCloseTo(Duration.ofSeconds(300), Duration.ofSeconds(60));
    assertThat(status()).isZero();
    assertThat(asked(RequestKind.STATUS)).isEqualTo(1);
    time.skip(notBefore());
    assertThat(status()).isZero();
    assertThat(notBefore()).isCloseTo(Duration.ofSeconds(500), Duration.ofSeconds(60));
    time.skip(notBefore());
    assertThat(status()).isZero();

    assertThat(result("wait").path("state").asText()).isEqualTo("complete");
    assertThat(asked(RequestKind.STATUS)).isEqualTo(3);
    assertThat(site.server.requests().earlyPolls()).isZero();
    assertThat(site.server.requests().earlyRequests()).isZero();
  }

  @Test
  void fault_13_429_with_a_date_in_the_future() throws IOException {
    openInSkippedTime(o -> o);
    site.server.faults().once(KICK_OFF, Fault.tooManyRequests(inSeconds(90)));

    assertThat(kickOff()).isZero();

    assertThat(time.pauses).hasSize(1);
    assertThat(time.pauses.get(0).toSeconds()).isBetween(30L, 90L);
    assertThat(site.server.requests().earlyRequests()).isZero();
  }

  @Test
  void fault_13_429_with_a_date_in_the_past_or_garbage() throws IOException {
    openInSkippedTime(o -> o);
    List<String> texts =
        List.of(inSeconds(-3600), "soon", "", "-5", "Tue, 99 Foo 2026 25:00:00 GMT");
    texts.forEach(text -> site.server.faults().once(KICK_OFF, Fault.tooManyRequests(text)));

    assertThat(kickOff()).isZero();

    // Our own pauses, 1 ms doubled from try to try, as if it had said nothing.
    assertThat(time.pauses)
        .hasSameSizeAs(texts)
        .allSatisfy(pause -> assertThat(pause).isLessThanOrEqualTo(Duration.ofMillis(16)));
  }

  @Test
  void fault_13_429_with_a_date_beyond_all_patience() throws IOException {
    openInSkippedTime(o -> o);
    site.server.faults().once(KICK_OFF, Fault.tooManyRequests(inSeconds(400_000_000)));

    assertThat(kickOff()).isEqualTo(4);

    assertThat(error("kick_off")).contains("source.retry-budget is used up");
    assertThat(time.pauses).isEmpty();
  }

  @Test
  void fault_14_transient_5xx_some_times_and_for_good() throws IOException {
    open(o -> o);
    for (RequestKind kind : BEFORE_THE_KICK_OFF) {
      site.server.faults().times(2, Match.kind(kind), Fault.transientError(500));
    }
    assertThat(kickOff()).isZero();
    assertThat(BEFORE_THE_KICK_OFF).allSatisfy(kind -> assertThat(asked(kind)).isEqualTo(3));

    for (RequestKind kind : BEFORE_THE_KICK_OFF) {
      site.server.requests().clear();
      site.server.faults().clear();
      site.server.faults().always(Match.kind(kind), Fault.transientError(503));
      assertThat(site.run(new KickOff(time.pace()), "r2", "kick_off")).isEqualTo(4);
      assertThat(site.error("r2", "kick_off")).contains("answered 503", "after 6 tries");
      assertThat(asked(kind)).isEqualTo(6);
    }
  }

  @Test
  void fault_14_transient_5xx_at_the_status() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().always(STATUS, Fault.transientError(500));

    for (int i = 0; i < 5; i++) {
      assertThat(status()).isZero();
      time.skip(Duration.ofSeconds(31));
    }
    assertThat(status()).isEqualTo(4);

    assertThat(error("wait")).contains("answered 500 (transient)", ", 6 times in a row; rerun");
    site.server.faults().clear();
    time.skip(Duration.ofSeconds(31));
    assertThat(status()).isZero();
    assertThat(result("wait").path("state").asText()).isEqualTo("complete");
  }

  @Test
  void fault_15_fatal_operation_outcome_and_html_502_page() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server
        .faults()
        .once(STATUS, Fault.badGateway())
        .once(STATUS, Fault.fatal(400, "59188", "x"));

    assertThat(status()).isZero();
    assertThat(result("wait").path("state").asText()).isEqualTo("in-progress");
    time.skip(Duration.ofSeconds(31));
    assertThat(status()).isEqualTo(3);

    assertThat(error("wait")).contains("400 (processing 59188)", "rerun from the kick-off");
    assertThat(kickOff()).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  /** An export of days outlives the server's trouble, in whatever words it is put. */
  @Test
  void fault_15_fatal_operation_outcome_with_500_gives_no_export_up() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().times(5, STATUS, Fault.fatal(500, "59188", "x"));

    for (int i = 0; i < 5; i++) {
      assertThat(status()).isZero();
      assertThat(result("wait").path("state").asText()).isEqualTo("in-progress");
      time.skip(Duration.ofSeconds(31));
    }
    assertThat(status()).isZero();

    assertThat(result("wait").path("state").asText()).isEqualTo("complete");
  }

  @Test
  void fault_15_where_500_lasts_the_export_stays_and_the_kick_off_may_ask_for_another()
      throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().always(STATUS, Fault.fatal(500, "59188", "x"));
    for (int i = 0; i < 5; i++) {
      assertThat(status()).isZero();
      time.skip(Duration.ofSeconds(31));
    }

    assertThat(status()).isEqualTo(4);

    assertThat(error("wait")).contains("6 times in a row; the export is kept");
    assertThat(asked(RequestKind.DELETE)).isZero();
    site.server.faults().clear();
    time.skip(Duration.ofSeconds(31));
    assertThat(status()).as("it goes on").isZero();
    assertThat(kickOff()).as("and is adopted again").isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);

    site.server.faults().always(STATUS, Fault.fatal(500, "59188", "x"));
    assertThat(site.run(new KickOff(time.pace()), "r2", "kick_off")).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).as("nothing was wrong any more").isEqualTo(1);
  }

  @Test
  void fault_16_202_forever() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    site.server.faults().always(STATUS, Fault.stillRunning());

    assertThat(status()).isZero();
    time.skip(Duration.ofDays(13));
    assertThat(status()).isZero();
    assertThat(result("wait").path("state").asText()).isEqualTo("in-progress");
    time.skip(Duration.ofDays(2));
    assertThat(status()).isEqualTo(4);

    assertThat(error("wait")).contains("it was cancelled", "bulk.deadline");
    assertThat(asked(RequestKind.DELETE)).isEqualTo(1);
    assertThat(site.server.requests().exportsKept()).isZero();
    assertThat(kickOff()).isZero();
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void fault_17_kick_off_answer_lost_and_the_export_is_adopted() throws IOException {
    open(o -> o.kickOffs(k -> k.reusesExports()));
    site.server.faults().once(KICK_OFF, Fault.reset(-1));

    assertThat(kickOff()).isEqualTo(4);
    assertThat(error("kick_off"))
        .contains("Cannot tell whether the server carried out the request");
    assertThat(asked(RequestKind.KICK_OFF)).isEqualTo(1);
    assertThat(kickOff()).isZero();

    assertThat(notes("kick_off")).contains("got no response");
    assertThat(site.server.requests().exportsStarted()).isEqualTo(1);
    assertThat(status()).isZero();
    assertThat(result("wait").path("state").asText()).isEqualTo("complete");
  }

  @Test
  void fault_17_kick_off_answer_lost_and_no_second_export_runs_beside_it() throws IOException {
    openInSkippedTime(o -> o.exportTime(Duration.ofHours(1)));
    site.server.faults().once(KICK_OFF, Fault.close(-1));

    assertThat(kickOff()).isEqualTo(4);
    assertThat(kickOff()).isEqualTo(4);
    assertThat(error("kick_off")).contains("answered 429", "rerun when the server has recovered");
    assertThat(site.server.requests().exportsStarted()).isEqualTo(1);

    time.skip(Duration.ofHours(1));
    assertThat(kickOff()).isZero();
    assertThat(site.server.requests().earlyRequests()).isZero();
  }

  @Test
  void fault_20_paged_manifest_whose_next_repeats() throws IOException {
    open(o -> o.filesAPage(1));
    assertThat(kickOff()).isZero();
    site.server.faults().always(STATUS, Fault.manifestCycle());

    assertThat(status()).isEqualTo(3);

    assertThat(error("wait")).contains("its next links form a loop", "manifest-refused.json");
    assertThat(asked(RequestKind.STATUS)).isLessThanOrEqualTo(3);
    site.server.faults().clear();
    assertThat(status()).isZero();
    assertThat(result("wait").path("state").asText()).isEqualTo("complete");
  }

  @Test
  void fault_21_transaction_time_missing_or_garbage() throws IOException {
    open(o -> o);
    assertThat(kickOff()).isZero();
    String export = "lake/state/exports/" + result("kick_off").path("export_id").asText();

    for (String text : List.of("", "yesterday", "2026-03-01", "1772359200")) {
      site.server.faults().once(STATUS, Fault.transactionTime(text));
      assertThat(status()).isEqualTo(3);
      assertThat(error("wait"))
          .contains(
              "transactionTime is not an instant; the manifest is in"
                  + " state/exports/<id>/manifest-refused.json");
      assertThat(folder.resolve(export + "/manifest.json")).doesNotExist();
      assertThat(folder.resolve(export + "/manifest-refused.json")).exists();
    }
  }
}
