package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.Fault;
import io.epicfhir.sandbox.Match;
import io.epicfhir.sandbox.RequestKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExtractFaultsTest {
  @TempDir Path folder;
  private Site site;

  @BeforeEach
  void open() throws IOException {
    site = Site.open(folder, BulkToBronzeTest.files());
  }

  @AfterEach
  void close() throws IOException {
    site.close();
  }

  static Stream<Arguments> passing() {
    return Stream.of(
        Arguments.of("reset", Fault.reset(700)),
        Arguments.of("closed too soon", Fault.close(700)),
        Arguments.of("clean end in the middle", Fault.endEarly(700)),
        Arguments.of("stall", Fault.stall(700)),
        Arguments.of("proxy page", Fault.badGateway()),
        Arguments.of("proxy page with 200", Fault.answer(200, "text/html", "<html></html>")),
        Arguments.of("transient error", Fault.transientError(500)),
        Arguments.of("too many requests", Fault.tooManyRequests("1")),
        Arguments.of("expired token", Fault.expireToken()),
        Arguments.of("part of a line only", cutPlain()));
  }

  /** Not gzip, no length, ends in good order within the first lines: only the content tells. */
  private static Fault cutPlain() {
    String line = BulkToBronzeTest.observations(3);
    return Fault.answer(200, "application/fhir+ndjson", line.substring(0, line.length() - 5));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("passing")
  void a_passing_fault_of_a_file_loses_and_doubles_nothing(String name, Fault fault)
      throws IOException {
    site.server.faults().once(Match.file("Observation"), fault);

    assertThat(site.runAll("r1")).isZero();

    assertThat(BulkToBronzeTest.resources(ReadBack.bronze(site)))
        .containsExactlyInAnyOrderElementsOf(BulkToBronzeTest.served(BulkToBronzeTest.files()));
    // A token that expires may be in use by both tasks.
    assertThat(site.server.requests().count(RequestKind.FILE)).isBetween(3L, 4L);
  }

  @Test
  void a_server_that_stays_broken_ends_the_run_with_exit_4_and_nothing_visible()
      throws IOException {
    site.server.faults().always(Match.file("Observation"), Fault.reset(100));

    assertThat(site.runAll("r1")).isEqualTo(4);

    assertThat(site.error("r1", "extract"))
        .contains("Cannot download file", "Observation-1.ndjson", "after 6 tries");
    assertThat(site.landings()).isEmpty();
    site.server.faults().clear();
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(ReadBack.bronze(site)).hasSize(503);
  }

  @Test
  void a_line_that_is_no_json_makes_the_run_red_and_is_kept_and_a_higher_limit_lands_the_rest()
      throws IOException {
    String broken = "{\"resourceType\":\"Observation\",\"id\":\"half";
    Files.writeString(
        site.data.resolve("Observation.ndjson"),
        BulkToBronzeTest.observations(9) + broken + "\n",
        UTF_8);
    site.server
        .faults()
        .always(Match.file("Patient"), Fault.extraLine("{\"resourceType\":\"Patient\"}"));
    reserve();

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(site.error("r1", "extract"))
        .contains(
            "lines are in quarantine", "not-a-json-object=1", "no-id=1", "bulk.max-rejected-share");
    assertThat(site.landings()).isEmpty();
    assertThat(site.server.requests().count(RequestKind.DELETE)).isZero();
    List<Row> kept = ReadBack.quarantine(site);
    assertThat(kept)
        .extracting(
            row -> row.getAs("reason"), row -> new String((byte[]) row.getAs("line"), UTF_8))
        .containsExactlyInAnyOrder(
            org.assertj.core.api.Assertions.tuple("not-a-json-object", broken),
            org.assertj.core.api.Assertions.tuple("no-id", "{\"resourceType\":\"Patient\"}"));
    assertThat(site.server.requests().count(RequestKind.FILE)).isEqualTo(2);

    site.settings.put("bulk.max-rejected-share", "0.5");
    assertThat(site.runAll("r1")).isZero();

    assertThat(ReadBack.bronze(site)).hasSize(12);
    assertThat(ReadBack.quarantine(site)).hasSize(2);
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(1);
    // What had come was judged anew, not asked for anew.
    assertThat(site.server.requests().count(RequestKind.FILE)).isEqualTo(2);
  }

  @Test
  void a_wrong_count_makes_the_run_red_and_lands_nothing() throws IOException {
    site.server.faults().once(Match.file("Observation"), Fault.wrongCount(3));

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(site.error("r1", "extract"))
        .contains("Observation-1.ndjson announced 503, received 500");
    assertThat(site.landings()).isEmpty();
    assertThat(site.server.requests().count(RequestKind.DELETE)).isZero();
  }

  @Test
  void errors_that_the_server_reports_are_kept_and_block_the_landing_unless_allowed()
      throws IOException {
    site.server
        .faults()
        .once(Match.file("Patient"), Fault.errorFile("error", "exception", "Zo\u00eb"));

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(site.error("r1", "extract"))
        .contains("the server reports 1 errors", "bulk.allow-errors")
        .doesNotContain("Zo\u00eb");
    assertThat(site.landings()).isEmpty();
    Row kept = ReadBack.quarantine(site).get(0);
    assertThat(kept.<String>getAs("reason")).isEqualTo("server-error");
    assertThat(new String((byte[]) kept.getAs("line"), UTF_8)).contains("Zo\u00eb");

    site.settings.put("bulk.allow-errors", "true");
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(site.landings()).hasSize(1);
  }

  @Test
  void a_redirect_is_refused_and_the_token_goes_nowhere() throws IOException {
    site.server.faults().once(Match.file("Patient"), Fault.redirect("http://127.0.0.1:9/stolen"));

    assertThat(site.runAll("r1")).isEqualTo(3);

    assertThat(site.error("r1", "extract"))
        .contains("it leads to http://127.0.0.1:9", "source.allowed-origins");
  }

  @Test
  void an_expired_link_has_the_manifest_asked_for_again() throws IOException {
    site.server.faults().once(Match.file("Patient"), Fault.gone(410));

    assertThat(site.runAll("r1")).isZero();

    assertThat(site.report("r1", "extract").path("notes").toString())
        .contains("the manifest was asked for again");
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(1);
  }

  @Test
  void links_that_stay_expired_have_one_new_export_asked_for() throws IOException {
    site.server.faults().times(2, Match.file("Patient"), Fault.gone(404));

    assertThat(site.runAll("r1")).isEqualTo(4);

    assertThat(site.error("r1", "extract"))
        .contains("answered 404", "the export was asked for anew; the next try goes on");
    assertThat(site.landings()).isEmpty();
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(ReadBack.bronze(site)).hasSize(503);
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void links_that_always_expire_end_the_run_after_the_one_new_export() throws IOException {
    site.server.faults().always(Match.file("Patient"), Fault.gone(404));

    assertThat(site.runAll("r1")).isEqualTo(4);
    assertThat(site.run(new Extract(), "r1", "extract")).isEqualTo(3);

    assertThat(site.error("r1", "extract")).contains("its links end sooner than its files");
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(2);
  }

  @Test
  void a_failed_delete_at_the_server_is_a_note_and_is_done_at_the_next_rerun() throws IOException {
    site.server.faults().once(Match.kind(RequestKind.DELETE), Fault.fatal(500, "59188", "broken"));

    assertThat(site.runAll("r1")).isZero();
    assertThat(site.report("r1", "extract").path("notes").toString())
        .contains("stays at the server", "500 (processing 59188)");

    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(site.report("r1", "extract").path("notes").toString())
        .doesNotContain("stays at the server");
  }

  /** What is served is what lies in the folder now. */
  private void reserve() throws IOException {
    site.server.store().reload();
  }
}
