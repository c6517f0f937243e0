package io.epicfhir.extract.crawl;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.job.JobRunner;
import io.epicfhir.extract.source.RawServer;
import io.epicfhir.extract.source.RawServer.Answer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Next links as servers write them: relative ones, bytes that tools tidy up, another origin. */
class NextLinksTest {
  @TempDir Path folder;

  private static Answer page(String id, String next) {
    String link =
        next.isEmpty() ? "" : ",\"link\":[{\"relation\":\"next\",\"url\":\"" + next + "\"}]";
    String entry =
        id.isEmpty() ? "" : "{\"resource\":{\"resourceType\":\"Goal\",\"id\":\"" + id + "\"}}";
    return Answer.of(
        200,
        "Application/FHIR+JSON; charset=utf-8",
        "{\"resourceType\":\"Bundle\",\"type\":\"searchset\""
            + link
            + ",\"entry\":["
            + entry
            + "]}");
  }

  private int crawl(String base, String allowed) throws IOException {
    Path patients = Files.writeString(folder.resolve("patients.txt"), "p1\n");
    Path shipped = Path.of("../conf/pipeline.conf").toAbsolutePath().normalize();
    Path settings =
        Files.writeString(
            folder.resolve("pipeline.conf"),
            """
            include file("%s")
            epic-fhir.lake = "%s"
            epic-fhir.source { base-url = "%s", sign-in = none, first-pause = 1 millisecond }
            epic-fhir.source.allowed-origins = ["%s"]
            epic-fhir.crawl { name = all, hydrate = [], patients { from = file, file = "%s" } }
            """
                .formatted(shipped, folder.resolve("lake"), base, allowed, patients));
    return JobRunner.run(
        new CrawlJob(),
        "--conf",
        settings.toString(),
        "--dag",
        "etl",
        "--run",
        "r1",
        "--task",
        "extract",
        "--interval-start",
        "2026-03-02T00:00:00Z",
        "--interval-end",
        "2026-03-02T00:00:00Z");
  }

  private List<String> landed() throws IOException {
    List<String> ids = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/bronze"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        ids.addAll(CrawlSite.column(file, "resource"));
      }
    }
    return ids.stream()
        .map(r -> r.replaceFirst(".*\"id\":\"", "").replaceFirst("\".*", ""))
        .toList();
  }

  @Test
  void they_are_resolved_by_rfc_3986_and_asked_for_byte_for_byte_at_allowed_origins()
      throws IOException {
    try (RawServer pages = new RawServer(r -> page("g3", ""));
        RawServer server =
            new RawServer(
                r -> {
                  if (!r.path().startsWith("/fhir/Goal")) {
                    return page("", "");
                  }
                  return r.target().equals("/fhir/Goal?page=2")
                      ? page("g2", pages.url("//p/3?state=a|b%3D%2f&q={x}"))
                      : page("g1", "?page=2");
                })) {
      assertThat(crawl(server.url("/fhir"), pages.url(""))).isZero();

      assertThat(landed()).containsExactlyInAnyOrder("g1", "g2", "g3");
      assertThat(pages.targets()).containsExactly("//p/3?state=a|b%3D%2f&q={x}");
    }
  }
}
