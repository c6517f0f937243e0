package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 31 and 32 of the fault table, and what else goes wrong in a crawl. */
public class CrawlFaultsTest {
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
  void empty_and_short_pages_are_not_the_end() throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().times(3, LABS, Fault.emptyPage()).times(3, LABS, Fault.shortPage(1));
      landsAll(site);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {410, 400, 500})
  void fault_31_a_search_whose_session_expires_begins_again(int status) throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().times(3, LABS, Fault.expireSearch(status));
      landsAll(site);
      assertThat(site.report("r1").path("counters").path("crawl.restarts").asInt()).isEqualTo(3);
      assertThat(site.report("r1").path("result").path("duplicates").path("Observation").asInt())
          .isPositive();
    }
  }

  @Test
  void fault_31_a_search_that_expires_again_and_again_makes_the_run_red() throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().always(LABS, Fault.expireSearch());
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("4113 of Observation?category=laboratory=4");
    }
  }

  @Test
  void fault_32_pages_that_shift_are_reconciled_by_id() throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().times(4, LABS, Fault.shiftPage());
      landsAll(site);
      assertThat(site.report("r1").path("result").path("duplicates").path("Observation").asInt())
          .isEqualTo(4);
    }
  }

  @Test
  void errors_busy_answers_and_cut_pages_are_tried_again() throws IOException {
    try (CrawlSite site = site()) {
      site.server
          .faults()
          .once(LABS, Fault.transientError(500))
          .once(LABS, Fault.badGateway())
          .once(LABS, Fault.answer(200, "text/html", "<html>please sign in</html>"))
          .once(LABS, Fault.reset(100))
          .once(LABS, Fault.endEarly(300))
          .once(LABS, Fault.busy(503, "0"))
          .once(LABS, Fault.tooManyRequests("0"));
      landsAll(site);
      assertThat(site.report("r1").path("counters").path("http.retries").asInt()).isEqualTo(7);
    }
  }

  @Test
  void fault_31_a_server_that_is_down_ends_the_run_and_a_rerun_does_only_the_rest()
      throws IOException {
    try (CrawlSite site = site()) {
      site.set("source.max-tries", "2").set("source.max-in-flight", "1");
      site.server
          .faults()
          .always(Match.search("MedicationRequest"), Fault.busy(429, "0"))
          .from(
              2, Match.kind(RequestKind.METADATA), Fault.busy(429, "0")); // the crawl's time first
      assertThat(site.crawl("r1")).isEqualTo(4);
      assertThat(site.error("r1")).contains("Cannot search MedicationRequest").contains("rerun");
      assertThat(site.landings()).isEmpty();
      long patientsAsked = site.asked("Condition");
      assertThat(patientsAsked).isPositive();

      site.server.faults().clear();
      landsAll(site);
      // Three searches of conditions for each of four patients, over both runs.
      assertThat(site.asked("Condition")).isEqualTo(12);
      assertThat(site.report("r1").path("notes").toString()).contains("done by an earlier try");
    }
  }

  /** A gateway before one url names a time that nobody waits for. */
  @ParameterizedTest
  @ValueSource(ints = {503, 429})
  void oneUrlThatIsRefusedForAnHourKeepsNoOtherWaiting(int status) throws IOException {
    try (CrawlSite site = site()) {
      site.server.faults().once(LABS, Fault.busy(status, "3600"));
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1"))
          .contains("1 of", "searches were refused", "throttled of Observation")
          .contains("the server answered " + status);
      assertThat(site.landings()).isEmpty();
      site.log().clear();

      landsAll(site);
      assertThat(site.asked("Condition")).as("nothing else is asked again").isZero();
    }
  }

  @Test
  void a_next_link_to_another_origin_is_not_followed() throws IOException {
    String bundle =
        "{\"resourceType\":\"Bundle\",\"link\":[{\"relation\":\"next\",\"url\":"
            + "\"https://evil.example.org/steal\"}]}";
    try (CrawlSite site = site()) {
      site.server.faults().once(LABS, Fault.answer(200, "application/fhir+json", bundle));
      assertThat(site.crawl("r1")).as("the others are done").isEqualTo(5);
      assertThat(site.error("r1"))
          .contains("1 of", "another origin, evil.example.org", "source.allowed-origins");
      assertThat(site.landings()).isEmpty();
    }
  }

  @Test
  void a_next_link_that_leads_in_a_circle_ends_the_search_red() throws IOException {
    try (CrawlSite site = site()) {
      String bundle =
          "{\"resourceType\":\"Bundle\",\"link\":[{\"relation\":\"next\",\"url\":\""
              + site.server.baseUrl()
              + "/Goal?circle\"}]}";
      site.server
          .faults()
          .always(Match.search("Goal"), Fault.answer(200, "application/fhir+json", bundle));
      assertThat(site.crawl("r1")).isEqualTo(5);
      assertThat(site.error("r1")).contains("next-link-cycle of Goal=4");
    }
  }

  @Test
  void no_more_requests_are_in_flight_than_the_source_allows() throws IOException {
    try (CrawlSite site =
        CrawlSite.open(folder, served, o -> o.searches(s -> s.pageSize(4)).maxInFlight(8))) {
      landsAll(site);
      assertThat(site.log().overLimit()).isZero();
      assertThat(site.log().maxInFlight()).isLessThanOrEqualTo(8);
    }
  }
}
