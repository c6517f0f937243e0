package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.report.RunReport;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;

/** What goes wrong besides the fault table; see {@link FaultTableTest}. */
class ExtractFaultsTest extends SiteTest {
  @Test
  void a_line_that_is_no_json_makes_the_run_red_and_is_kept_and_a_higher_limit_lands_the_rest()
      throws IOException {
    open(o -> o);
    String broken = "{\"resourceType\":\"Observation\",\"id\":\"half";
    Files.writeString(
        site.data.resolve("Observation.ndjson"),
        BulkToBronzeTest.observations(9) + broken + "\n",
        UTF_8);
    site.server
        .faults()
        .always(Match.file("Patient"), Fault.extraLine("{\"resourceType\":\"Patient\"}"));
    site.server.store().reload();

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(site.error("r1", "extract"))
        .contains(
            "lines are in quarantine",
            "not-a-json-object=1",
            "no-id=1",
            "from files of Observation, Patient",
            "bulk.max-rejected-share");
    assertThat(site.landings()).isEmpty();
    assertThat(site.server.requests().count(RequestKind.DELETE)).isZero();
    List<Row> kept = ReadBack.quarantine(site);
    assertThat(kept)
        .extracting(
            row -> row.getAs("reason"), row -> new String((byte[]) row.getAs("line"), UTF_8))
        .containsExactlyInAnyOrder(
            tuple("not-a-json-object", broken), tuple("no-id", "{\"resourceType\":\"Patient\"}"));
    assertThat(site.server.requests().count(RequestKind.FILE)).isEqualTo(2);

    site.settings.put("bulk.max-rejected-share", "0.5");
    assertThat(site.runAll("r1")).isZero();

    assertThat(ReadBack.bronze(site)).hasSize(12);
    assertThat(ReadBack.quarantine(site)).hasSize(2);
    assertThat(site.server.requests().count(RequestKind.KICK_OFF)).isEqualTo(1);
    // What had come was judged anew, not asked for anew.
    assertThat(site.server.requests().count(RequestKind.FILE)).isEqualTo(2);
    Landing.Report told = site.landings().get(0).report();
    assertThat(told.resources().get("Observation"))
        .extracting(RunReport.Resources::received, RunReport.Resources::rejected)
        .containsExactly(10L, 1L);
    assertThat(told.resources().get("Patient").rejected()).isEqualTo(1L);
    assertThat(told.result().get("quarantine").toString()).contains("/quarantine/");
    // A later try counts nothing of it, and leaves what the first one said where it is.
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(site.report("r1", "extract").path("resources")).isEmpty();
    assertThat(site.landings().get(0).report()).isEqualTo(told);
  }

  @Test
  void a_failed_delete_at_the_server_is_a_note_and_is_done_at_the_next_rerun() throws IOException {
    open(o -> o);
    site.server.faults().once(Match.kind(RequestKind.DELETE), Fault.fatal(400, "59188", "broken"));

    assertThat(site.runAll("r1")).isZero();
    assertThat(site.report("r1", "extract").path("notes").toString())
        .contains("could not be deleted at the server", "400 (processing 59188)");

    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(site.report("r1", "extract").path("notes").toString())
        .doesNotContain("could not be deleted at the server");
  }
}
