package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents come in any form, and within the day's budget. */
class DocumentsTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    clinic.has(patient("a"));
    for (int i = 0; i < 6; i++) {
      clinic.has(document(i), binary(i));
    }
    site = clinic.site(folder, "a");
    site.set("crawl.attachments.enabled", "true");
    Clinic.plan(site, "DocumentReference = \"patient={patient}\"");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private static String document(int i) {
    return "{\"resourceType\":\"DocumentReference\",\"id\":\"d"
        + i
        + "\",\"subject\":{\"reference\":\"Patient/a\"},\"content\":[{\"attachment\":{\"url\":\"Binary/b"
        + i
        + "\"}}]}";
  }

  private static String binary(int i) {
    return "{\"resourceType\":\"Binary\",\"id\":\"b" + i + "\",\"data\":\"aGk=\"}";
  }

  private List<String> binaries() throws IOException {
    return site.newest().stream().filter(line -> line.contains("Binary\",")).toList();
  }

  /** Base64 as RFC 4648 has it, of the bytes of the text in UTF-8. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/html;charset=utf-8 | <p>Ø</p> | PHA+w5g8L3A+",
        "application/json | [1] | WzFd",
        "application/json | {\"a\":1} | eyJhIjoxfQ==",
        "text/rtf | {\\rtf1} | e1xydGYxfQ=="
      })
  void aDocumentThatComesAsItIsBecomesABinary(String type, String text, String base64)
      throws IOException {
    clinic.answers("Binary/b1", Reply.of(200, type, text));

    assertThat(site.crawl("r1")).isZero();

    assertThat(binaries())
        .hasSize(6)
        .contains(
            "{\"resourceType\":\"Binary\",\"id\":\"b1\",\"contentType\":\""
                + type
                + "\",\"data\":\""
                + base64
                + "\"}");
    assertThat(site.report("r1").path("counters").path("attachments.raw").asInt()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({"406,text/rtf,text/rtf", "415,text/html;charset=utf-8,text/html", "406,,*/*"})
  void aServerThatRefusesFhirIsAskedForTheAttachmentsOwnType(int status, String type, String accept)
      throws IOException {
    clinic.has(
        document(1)
            .replace(
                "{\"url\"",
                type == null ? "{\"url\"" : "{\"contentType\":\"" + type + "\",\"url\""));
    clinic.answers("Binary/b1", Reply.of(200, "text/plain", "hi"));
    clinic.rules.add(
        0,
        path ->
            path.equals("Binary/b1") && clinic.count("Binary/b1|" + accept) == 0
                ? Optional.of(Reply.fhir(status, outcome("error", "not-supported", "")))
                : Optional.empty());
    assertThat(site.crawl("r1")).isZero();
    assertThat(binaries()).hasSize(6).anyMatch(line -> line.contains("\"data\":\"aGk=\""));
    assertThat(clinic.asked).contains("Binary/b1|application/fhir+json", "Binary/b1|" + accept);
  }

  private void loseTheIndexOfBinaries() throws IOException {
    String newest = site.landings().get(site.landings().size() - 1).exportId();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/state/crawl"))) {
      for (Path file : files.filter(p -> p.endsWith("Binary/" + newest + ".idx")).toList()) {
        Files.delete(file);
      }
    }
    clinic.asked.clear();
  }

  /** D3: everything is new, and no search ever finds a document. */
  @ParameterizedTest
  @ValueSource(strings = {"named", "named by nothing", "a web page"})
  void withoutTheirIndexDocumentsAreReadAgainWithinTheDaysBudget(String what) throws IOException {
    site.set("crawl.max-confirmations", "1");
    if (what.equals("a web page")) { // which only its DocumentReference tells from a sign-in's
      clinic.has(document(0).replace("{\"url\"", "{\"contentType\":\"text/html\",\"url\""));
      clinic.answers("Binary/b0", Reply.of(200, "text/html", "<p>hi</p>"));
    }
    assertThat(site.crawl("r1")).isZero();
    loseTheIndexOfBinaries();
    site.set("crawl.attachments.daily-limit", "10"); // 6 of them were read today
    boolean gone = what.equals("named by nothing");
    if (gone) {
      clinic.resources.remove("DocumentReference/d1");
      clinic.resources.remove("Binary/b1");
    }

    assertThat(site.crawl("r2")).isZero();

    assertThat(clinic.count("Binary/")).as("what is left of the day's budget").isEqualTo(4);
    site.set("crawl.attachments.daily-limit", "12"); // as on another day
    clinic.asked.clear();
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.count("Binary/")).as("the others, and none twice").isEqualTo(2);
    List<String> deleted = new ArrayList<>();
    for (Landing landing : site.landings()) {
      deleted.addAll(site.resources(landing, Landing.Kind.DELETIONS));
    }
    assertThat(String.join("", deleted).split("\"Binary/", -1)).hasSize(gone ? 2 : 1);
    assertThat(String.join("", deleted).contains("Binary/b1")).isEqualTo(gone);
    clinic.asked.clear();
    site.set("crawl.attachments.daily-limit", "0");
    assertThat(site.crawl("r4")).isZero();
    assertThat(clinic.count("Binary/")).as("all are known again").isZero();
  }

  /** They are no part of the crawl then, and no reason for a red night. */
  @Test
  void withoutTheirIndexAndWithoutAttachmentsDocumentsStayAsTheyAre() throws IOException {
    site.set("crawl.max-confirmations", "1");
    assertThat(site.crawl("r1")).isZero();
    loseTheIndexOfBinaries();
    site.set("crawl.attachments.enabled", "false");

    assertThat(site.crawl("r2")).isZero();

    assertThat(clinic.count("Binary/")).isZero();
    assertThat(site.deletions()).isEmpty();
    site.set("crawl.attachments.enabled", "true");
    assertThat(site.crawl("r3")).isZero();
    assertThat(clinic.count("Binary/")).as("they are read when they are wanted").isEqualTo(6);
  }

  @Test
  void aGatewaysNotFoundDeletesNoDocument() throws IOException {
    site.set("crawl.reference-max-age", "0 seconds");
    assertThat(site.crawl("r1")).isZero();
    clinic.answers("Binary/b1", Reply.of(404, "text/html", "<html>Cannot GET</html>"));

    assertThat(site.crawl("r2")).isEqualTo(5);

    assertThat(site.error("r2")).contains("http-404=1").doesNotContain("b1");
    clinic.answers("Binary/b1", Reply.fhir(404, outcome("error", "not-found", "")));
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.deletions()).containsExactly("Binary/b1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "202 | application/pdf | '' | http-202",
        "204 | application/pdf | '' | http-204",
        "206 | application/pdf | %PDF | http-206",
        "200 | application/pdf | '' | empty-answer",
        "200 | text/html; charset=utf-8 | <html><form action=login> | web-page",
      })
  void whatIsNotTheWholeDocumentIsNone(int status, String type, String body, String code)
      throws IOException {
    clinic.has(document(1).replace("{\"url\"", "{\"contentType\":\"application/pdf\",\"url\""));
    clinic.answers("Binary/b1", Reply.of(status, type, body));

    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains("{" + code + "=1}");

    clinic.rules.clear();
    assertThat(site.crawl("r1")).isZero();
    assertThat(binaries()).hasSize(6);
  }

  /**
   * The search for changes does not bring the DocumentReference again: the document is read again,
   * or was left, and may tell its type by itself only.
   */
  @ParameterizedTest
  @CsvSource({"stale,announced,b1", "stale,'',b1", "left,announced,b5"})
  void aWebPageIsNoneEitherWhereNothingNamesTheDocument(String how, String announced, String id)
      throws IOException {
    String pdf = "application/pdf";
    for (int i = 0; i < 6; i++) {
      clinic.has(document(i).replace("{\"url\"", "{\"contentType\":\"" + pdf + "\",\"url\""));
    }
    if (announced.isEmpty()) {
      clinic.has(document(1));
      clinic.answers("Binary/b1", Reply.of(200, pdf, "%PDF"));
    }
    site.settings.put("crawl.changed-since.DocumentReference", "\"_lastUpdated=ge{since}\"");
    site.set("crawl.attachments.daily-limit", how.equals("left") ? "4" : "0");
    assertThat(site.crawl("r1")).isZero();
    site.set("crawl.attachments.daily-limit", "0");
    site.set("crawl.reference-max-age", how.equals("left") ? "7 days" : "0 seconds");
    clinic.rules.clear();
    clinic.rules.add(
        path ->
            path.contains("_lastUpdated")
                ? Optional.of(Reply.fhir(200, bundle("")))
                : Optional.empty());
    String page = "<html><form action=login>";
    clinic.answers("Binary/" + id, Reply.of(200, "text/html; charset=utf-8", page));

    assertThat(site.crawl("r2")).isEqualTo(5);

    assertThat(site.error("r2")).contains("{web-page=1}");
    clinic.rules.remove(0);
    clinic.rules.add(
        0,
        path ->
            path.equals("Binary/" + id) && clinic.count("Binary/" + id + "|" + pdf) == 0
                ? Optional.of(Reply.fhir(406, outcome("error", "not-supported", "")))
                : Optional.empty());
    assertThat(site.crawl("r2")).as("it is asked for by its own type").isZero();
    assertThat(clinic.count("Binary/" + id + "|" + pdf)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Binary/b9?_format=application/pdf",
        "BASE/Binary/b9?x=1",
        "BASE/Binary/b9#page-1",
        "BASE/Binary/b9/",
        "/R4/Binary/b9",
        "./Binary/b9",
        " Binary/b9 "
      })
  void anAddressBelowTheBaseLeadsToTheDocumentHoweverItIsWritten(String address)
      throws IOException {
    String url = address.replace("BASE", clinic.base().toString());
    clinic.has(document(1).replace("Binary/b1", url), binary(9));

    assertThat(site.crawl("r1")).isZero();

    assertThat(binaries()).hasSize(6).contains(binary(9));
  }

  @Test
  void anAddressThatLeadsToNoDocumentOfThisServerIsCounted() throws IOException {
    String typed = "{\"contentType\":\"text/html\",\"url\"";
    clinic.has(
        document(1).replace("{\"url\"", typed).replace("Binary/b1", "https://other/R4/Binary/b1"),
        document(2).replace("{\"url\"", typed).replace("Binary/b2", "Document/b2"),
        document(3)
            .replace(
                "\"id\"",
                "\"extension\":[{\"url\":\"https://other/extension\",\"valueCode\":\"x\"}],\"id\""));

    assertThat(site.crawl("r1")).isZero();

    assertThat(binaries()).hasSize(4);
    assertThat(site.report("r1").at("/result/unresolved/Binary").asInt()).isEqualTo(2);
  }

  @Test
  void theDaysBudgetEndsTheFetchingAndTheNextCrawlGoesOn() throws IOException {
    site.set("crawl.attachments.daily-limit", "4");
    assertThat(site.crawl("r1")).isZero();
    assertThat(binaries()).hasSize(4);
    assertThat(site.report("r1").path("counters").path("attachments.left").asInt()).isEqualTo(2);
    assertThat(site.report("r1").path("notes").toString())
        .contains(
            "2 documents are left for the next run: crawl.attachments.daily-limit was reached");

    assertThat(site.crawl("r2")).as("the same day").isZero();
    assertThat(binaries()).isEmpty();

    clinic.has(document(0).replace("d0", "c0").replace("b0", "b9"), binary(9));
    site.set("crawl.attachments.daily-limit", "6"); // two more, as on another day
    assertThat(site.crawl("r3")).isZero();
    assertThat(binaries()).containsExactlyInAnyOrder(binary(4), binary(5));
    site.set("crawl.attachments.daily-limit", "0");
    assertThat(site.crawl("r4")).isZero();
    assertThat(binaries()).containsExactly(binary(9));
  }

  @ParameterizedTest
  @CsvSource({"403", "429", "400", "200"})
  void theServersOwnLimitEndsTheFetchingGracefullyAndRestrictedNotesAreCounted(int status)
      throws IOException {
    site.set("source.max-in-flight", "1");
    clinic.answers("Binary/b0", Reply.fhir(403, outcome("error", "forbidden", "")));
    clinic.rules.add(
        path ->
            path.startsWith("Binary/") && clinic.count("Binary/") > 3
                ? Optional.of(Reply.fhir(status, outcome("fatal", "throttled", "4135")))
                : Optional.empty());

    assertThat(site.crawl("r1")).isZero();

    int had = binaries().size();
    assertThat(had).isBetween(2, 3);
    int left = site.report("r1").path("counters").path("attachments.left").asInt();
    assertThat(had + left + (clinic.count("Binary/b0") > 0 ? 1 : 0)).isEqualTo(6);
    assertThat(site.report("r1").path("notes").toString())
        .contains("the server's own limit of documents a day was reached (its error 4135)")
        .doesNotContain("crawl.attachments.daily-limit");
    clinic.rules.remove(1);
    assertThat(site.crawl("r2")).isZero();
    assertThat(binaries()).hasSize(5 - had);
    assertThat(site.report("r2").path("result").path("forbidden").path("Binary").asInt())
        .isEqualTo(1);
    assertThat(site.report("r2").path("notes").toString()).contains("1 reads of Binary (403)");
  }
}
