package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CrawlRefusalsTest {
  private static final Match LABS = Match.search("Observation");

  @TempDir Path folder;

  private final Map<String, List<String>> served = Records.of(4);

  private CrawlSite site() throws IOException {
    return CrawlSite.open(folder, served, o -> o.searches(s -> s.pageSize(4)));
  }

  private void landsAll(CrawlSite site) throws IOException {
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).containsExactlyInAnyOrderElementsOf(Records.lines(served));
  }

  @Test
  void a_refused_search_makes_the_run_red_when_all_else_is_done_and_is_asked_again()
      throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().once(Match.search("Goal"), Fault.fatalOutcome(403, "4130"));
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1"))
          .contains("1 of", "4130 of Goal=1", "crawl.accepted-errors")
          .doesNotContain("p0", "p1", "p2", "p3");
      assertThat(site.landings()).isEmpty();
      assertThat(site.quarantine("reason")).containsExactly("refused");
      assertThat(site.quarantine("line").get(0)).contains("4130", "\"patient\":\"p");
      assertThat(site.log().tokensIssued()).as("a 403 is no reason to sign in again").isEqualTo(1);
      site.log().clear();

      landsAll(site);
      assertThat(site.asked(".*")).isEqualTo(1);
      assertThat(site.asked("Goal")).isEqualTo(1);
      assertThat(site.quarantine("reason")).isEmpty();
    }
  }

  @Test
  void an_accepted_refusal_lands_and_is_told() throws IOException {
    try (CrawlSite site = site()) {
      site.set("crawl.accepted-errors", "4130,4131");
      site.server.faults().once(Match.search("Goal"), Fault.fatalOutcome(403, "4130"));
      landsAll(site);
      assertThat(site.report("r1").path("notes").toString()).contains("{4130=1}");
    }
  }

  @Test
  void the_servers_warnings_are_kept_and_those_that_mean_missing_data_make_the_run_red()
      throws IOException {
    try (CrawlSite site = site()) {
      site.server
          .faults()
          .once(LABS, Fault.outcomeEntry("warning", "incomplete", "4119"))
          .once(Match.search("Goal"), Fault.outcomeEntry("warning", "invalid", "59101"));
      site.set("crawl.accepted-errors", "4119");
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("59101 of Goal=1").doesNotContain("4119");

      landsAll(site);
      assertThat(site.quarantine("reason")).contains("server-warning");
      assertThat(site.quarantine("line")).anyMatch(line -> line.contains("\"4119\""));
      assertThat(site.report("r1").path("result").path("outcomes").path("4119").asInt())
          .isEqualTo(1);
    }
  }

  @Test
  void an_error_among_the_entries_of_a_good_page_makes_the_run_red() throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().once(LABS, Fault.outcomeEntry("error", "processing", "4107"));
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("4107 of Observation");
      assertThat(site.quarantine("reason")).contains("server-error", "refused");
    }
  }

  @Test
  void a_page_above_the_limit_is_refused() throws IOException {
    try (CrawlSite site = site()) {
      site.set("crawl.max-page-size", "3 KiB");
      site.server
          .faults()
          .once(
              Match.search("Goal"),
              Fault.answer(200, "application/fhir+json", " ".repeat(4000) + "{}"));
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("too-long of Goal=1");
    }
  }

  @Test
  void what_is_referred_to_and_not_there_is_told_and_no_reason_for_red() throws IOException {
    served.get("Medication").remove(1);
    try (CrawlSite site = site()) {
      landsAll(site);
      assertThat(site.report("r1").path("counters").path("references.unresolved").asInt())
          .isEqualTo(1);
    }
  }

  @Test
  void a_part_of_a_resource_never_replaces_the_whole() throws IOException {
    served
        .get("Observation")
        .set(
            1,
            served
                .get("Observation")
                .get(1)
                .replaceFirst("\"id\"", "\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]},\"id\""));
    try (CrawlSite site = site()) {
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("subsetted=1").contains("crawl.max-rejected-share");
      assertThat(site.quarantine("reason")).containsExactly("subsetted");
      assertThat(site.report("r1").at("/result/quarantine_reasons").toString())
          .isEqualTo("{\"subsetted\":1}");
    }
  }
}
