package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.epicfhir.common.Contracts;
import io.epicfhir.common.Json;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A crawl's state file is what {@code common/contracts} says. */
class ContractsTest {
  @Test
  void aCrawlThatHasBegunIsAsAgreed() throws Exception {
    Instant now = Instant.parse("2026-03-02T04:00:00Z");
    var begun = new CrawlLedger.Begun("e", "r", "crawl:all", now, null, Map.of("Patient", now));

    var written = new ObjectMapper().readTree(Json.write(begun));

    assertThat(written.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrderElementsOf(Contracts.keys("crawl-state"));
    assertThat(Json.read(written.toString(), CrawlLedger.Begun.class, "x")).isEqualTo(begun);
  }
}
