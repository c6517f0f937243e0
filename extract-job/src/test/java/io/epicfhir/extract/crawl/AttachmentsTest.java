package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttachmentsTest {
  private static final String SMALL =
      "{\"resourceType\":\"Binary\",\"id\":\"small\",\"contentType\":\"text/plain\",\"data\":\"aGk=\"}";

  @TempDir Path folder;

  private static String document(String id, String url) {
    return "{\"resourceType\":\"DocumentReference\",\"id\":\""
        + id
        + "\",\"subject\":{\"reference\":\"Patient/p0\"},\"content\":[{\"attachment\":{\"url\":\""
        + url
        + "\"}}]}";
  }

  private CrawlSite site() throws IOException {
    Map<String, List<String>> served = Records.of(1);
    String big = SMALL.replace("small", "big").replace("aGk=", "A".repeat(4000));
    served.put("Binary", List.of(SMALL, big));
    served.put(
        "DocumentReference",
        new ArrayList<>(
            List.of(
                document("d1", "Binary/small"),
                document("d2", "Binary/big"),
                document("d3", "https://elsewhere.example.org/Binary/other"))));
    return CrawlSite.open(folder, served);
  }

  @Test
  void documents_are_fetched_where_that_is_wanted_and_long_ones_are_told() throws IOException {
    try (CrawlSite site = site()) {
      site.set("crawl.attachments.enabled", "true").set("crawl.attachments.max-size", "1 KiB");

      assertThat(site.crawl("r1")).isZero();

      assertThat(site.newest())
          .filteredOn(line -> line.contains("Binary\","))
          .containsExactly(SMALL);
      assertThat(site.quarantine("reason")).containsExactly("not-fetched");
      assertThat(site.quarantine("line")).containsExactly("Binary/big too-long");
      assertThat(site.report("r1").path("counters").path("attachments.too-long").asInt())
          .isEqualTo(1);
      assertThat(site.asked("Binary")).isEqualTo(2);
    }
  }

  @Test
  void no_document_is_fetched_where_it_is_not_wanted() throws IOException {
    try (CrawlSite site = site()) {
      assertThat(site.crawl("r1")).isZero();
      assertThat(site.asked("Binary")).isZero();
    }
  }

  @Test
  void a_document_that_comes_as_it_is_becomes_a_binary() throws IOException {
    try (CrawlSite site = site()) {
      site.set("crawl.attachments.enabled", "true");
      site.settings.put(
          "crawl.searches",
          "null\nepic-fhir.crawl.searches { DocumentReference = \"patient={patient}\" }");
      // The first read is the group's.
      site.server
          .faults()
          .once(Match.kind(RequestKind.READ), Fault.delay(java.time.Duration.ZERO))
          .once(Match.kind(RequestKind.READ), Fault.answer(200, "application/pdf", "%PDF"))
          .once(Match.kind(RequestKind.READ), Fault.answer(200, "application/pdf", "%PDF"));

      assertThat(site.crawl("r1")).isZero();

      // %PDF in base64, and the attribute's name: RFC 4648 and hl7.org/fhir/R4/binary.html.
      assertThat(site.newest())
          .filteredOn(line -> line.contains("Binary\","))
          .containsExactlyInAnyOrder(
              "{\"resourceType\":\"Binary\",\"id\":\"small\",\"contentType\":\"application/pdf\",\"data\":\"JVBERg==\"}",
              "{\"resourceType\":\"Binary\",\"id\":\"big\",\"contentType\":\"application/pdf\",\"data\":\"JVBERg==\"}");
      assertThat(site.report("r1").path("counters").path("attachments.raw").asInt()).isEqualTo(2);
    }
  }
}
