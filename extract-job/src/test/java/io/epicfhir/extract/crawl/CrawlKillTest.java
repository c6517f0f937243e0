package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CrawlKillTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"crawl.spooled:55", "crawl.index:4", "publish.landed:1"})
  void a_process_that_is_killed_costs_the_pages_in_flight_at_most(String failpoint)
      throws IOException, InterruptedException {
    Map<String, List<String>> served = Records.of(3);
    try (CrawlSite site = CrawlSite.open(folder, served, o -> o.searches(s -> s.pageSize(4)))) {
      assertThat(ChildJvm.run(CrawlJob.class, failpoint, site.arguments("r1")))
          .isEqualTo(ChildJvm.KILLED);
      long before = searches(site);

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest()).containsExactlyInAnyOrderElementsOf(Records.lines(served));
      assertThat(site.landings()).hasSize(1);
      requireCounts(site, failpoint);
      assertThat(before).isPositive();
      // Each of the 16 threads may hold a page that is not in the spool when the process dies.
      assertThat(searches(site)).isBetween(pagesOfAll(), pagesOfAll() + 16);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "crawl.page:20",
        "crawl.unit:40",
        "crawl.bronze:1",
        "publish.move:2",
        "after.landing:1"
      })
  void so_does_one_that_is_killed_at_the_other_steps(String failpoint)
      throws IOException, InterruptedException {
    a_process_that_is_killed_costs_the_pages_in_flight_at_most(failpoint);
  }

  /** Unless the crawl had landed before: its landing keeps them then. */
  private static void requireCounts(CrawlSite site, String failpoint) throws IOException {
    if (List.of("publish.landed:1", "after.landing:1").contains(failpoint)) {
      return;
    }
    Landing landing = site.landings().get(0);
    JsonNode resources = site.report("r1").path("resources");
    Map<String, Long> rows = new TreeMap<>();
    landing.files().forEach(file -> rows.merge(file.resourceType(), file.rows(), Long::sum));
    assertThat(rows).isNotEmpty();
    rows.forEach(
        (type, n) ->
            assertThat(resources.at("/" + type + "/written").asLong()).as(type).isEqualTo(n));
    assertThat(site.report("r1").path("result").has("unchanged")).isTrue();
  }

  private static long searches(CrawlSite site) {
    return site.log().count(RequestKind.SEARCH);
  }

  /** 27 searches of each patient, and 5 more pages of laboratory results. */
  private static long pagesOfAll() {
    return 3 * (27 + 5);
  }
}
