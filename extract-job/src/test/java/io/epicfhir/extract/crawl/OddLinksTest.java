package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.People.condition;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Next links in forms that are not the standard's, and relative ones after a crash. */
class OddLinksTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"));
    site = clinic.site(folder, "a");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private static Reply page(String link, String id) {
    return Reply.fhir(
        200, bundle(link.isEmpty() ? "" : ",\"link\":" + link, entry(condition(id, "a"))));
  }

  private static String next(String url) {
    return "[{\"relation\":\"next\",\"url\":\"" + url + "\"}]";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"relation\":\"next\",\"url\":\"?page=2\"}",
        "[{\"relation\":\"Next\",\"url\":\"?page=2\"}]",
        "[{\"relation\":\"next \",\"url\":\"?page=2\"}]"
      })
  void theNextPageIsFoundHoweverTheLinkIsWritten(String link) throws IOException {
    clinic.answers("Condition?patient=a", page(link, "c1"));
    clinic.answers("Condition?page=2", page("", "c2"));

    assertThat(site.crawl("r1")).isZero();

    assertThat(site.newest()).contains(condition("c1", "a"), condition("c2", "a"));
  }

  @Test
  void aRelativeLinkLeadsToTheSamePageAfterACrash() throws IOException {
    AtomicBoolean down = new AtomicBoolean(true);
    clinic.answers("Condition?patient=a", page(next("_pages/s1?n=2"), "c1"));
    clinic.answers("_pages/s1?n=2", page(next("s1?n=3"), "c2"));
    clinic.answers("_pages/s1?n=3", page("", "c3"));
    clinic.rules.add(
        0,
        path ->
            down.get()
                    && (path.equals("_pages/s1?n=3") || path.equals("metadata"))
                    && clinic.count("_pages/s1?n=3") > 0
                ? Optional.of(Reply.of(503, "text/plain", ""))
                : Optional.empty());
    assertThat(site.crawl("r1")).isEqualTo(4);
    down.set(false);
    clinic.asked.clear();

    assertThat(site.crawl("r1")).isZero();

    assertThat(site.newest())
        .contains(condition("c1", "a"), condition("c2", "a"), condition("c3", "a"));
    assertThat(clinic.count("s1?n=3") + clinic.count("Condition?")).isZero();
  }
}
