package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static io.epicfhir.extract.ForeignServer.KICK_OFF_PATH;
import static io.epicfhir.extract.ForeignServer.STATUS_PATH;
import static io.epicfhir.extract.ForeignServer.TOKEN_PATH;
import static io.epicfhir.extract.ForeignServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.github.tomakehurst.wiremock.http.RequestMethod;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes over the wire, as another hand's server sees it: the sandbox could err as we do. */
class WireMockServerTest {
  private static final String LINES =
      "{\"resourceType\":\"Patient\",\"id\":\"a\"}\n{\"resourceType\":\"Patient\",\"id\":\"b\"}\n";

  @TempDir Path folder;
  private final SkippedTime time = new SkippedTime();
  private final ForeignServer server = new ForeignServer();
  private Runs runs;

  @BeforeEach
  void open() throws IOException {
    Site.KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    runs = new Runs(folder, server.url("/fhir"), Site.KEYS.rs384().getKeyID());
  }

  @AfterEach
  void close() {
    server.close();
  }

  private int kickOff() throws IOException {
    return runs.run(new KickOff(time.pace()), "r1", "kick_off");
  }

  private int status() throws IOException {
    return runs.run(new ExportStatus(time.pace()), "r1", "wait");
  }

  private String state() throws IOException {
    return runs.report("r1", "wait").path("result").path("state").asText();
  }

  private void manifest(String files) {
    server.wire.stubFor(get(urlPathEqualTo(STATUS_PATH)).willReturn(json(files)));
  }

  @Test
  void the_assertion_is_what_smart_backend_services_asks_for() throws Exception {
    assertThat(kickOff()).isZero();

    LoggedRequest token = server.asked(TOKEN_PATH).get(0);
    assertThat(token.getMethod()).isEqualTo(RequestMethod.POST);
    assertThat(token.getHeader("Content-Type")).startsWith("application/x-www-form-urlencoded");
    assertThat(token.containsHeader("Authorization")).isFalse();
    assertThat(token.formParameter("grant_type").firstValue()).isEqualTo("client_credentials");
    assertThat(token.formParameter("scope").firstValue()).isEqualTo("system/*.read");
    assertThat(token.formParameter("client_assertion_type").firstValue())
        .isEqualTo("urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    SignedJWT jwt = SignedJWT.parse(token.formParameter("client_assertion").firstValue());
    assertThat(jwt.getHeader().getAlgorithm()).isEqualTo(JWSAlgorithm.RS384);
    assertThat(jwt.getHeader().getKeyID()).isEqualTo(Site.KEYS.rs384().getKeyID());
    assertThat(jwt.getHeader().getType().getType()).isEqualTo("JWT");
    assertThat(jwt.verify(new RSASSAVerifier(Site.KEYS.rs384().toPublicJWK().toRSAKey()))).isTrue();
    JWTClaimsSet claims = jwt.getJWTClaimsSet();
    assertThat(claims.getIssuer()).isEqualTo("sandbox-client").isEqualTo(claims.getSubject());
    assertThat(claims.getAudience()).containsExactly(server.url(TOKEN_PATH));
    assertThat(claims.getJWTID()).isNotBlank().hasSizeLessThanOrEqualTo(151);
    Duration life = Duration.between(Instant.now(), claims.getExpirationTime().toInstant());
    assertThat(life).isPositive().isLessThanOrEqualTo(Duration.ofMinutes(5));
  }

  @Test
  void the_kick_off_has_the_headers_of_bulk_data_and_may_be_answered_with_a_relative_place()
      throws IOException {
    assertThat(kickOff()).isZero();

    LoggedRequest asked = server.asked(KICK_OFF_PATH).get(0);
    assertThat(asked.getHeader("Accept")).isEqualTo("application/fhir+json");
    assertThat(asked.getHeader("Prefer")).isEqualTo("respond-async");
    assertThat(asked.getHeader("Authorization")).isEqualTo("Bearer t-1");
    assertThat(asked.queryParameter("_type").firstValue()).isEqualTo("Patient,Observation");
    assertThat(asked.queryParameter("_since").isPresent()).isFalse();
    manifest("{}");
    assertThat(status()).isEqualTo(3);
    assertThat(server.asked(STATUS_PATH)).hasSize(1);
  }

  @Test
  void metadata_is_asked_for_as_json_first_and_unpacked() throws IOException {
    assertThat(kickOff()).isZero();

    LoggedRequest asked = server.asked("/fhir/metadata").get(0);
    assertThat(asked.getHeader("Accept")).matches("application/(fhir\\+)?json.*");
    assertThat(asked.containsHeader("Authorization")).isFalse();
    // WireMock packs where it is asked to.
    assertThat(asked.getHeader("Accept-Encoding")).contains("gzip");
    assertThat(runs.report("r1", "kick_off").path("result").path("server").asText())
        .isEqualTo("Foreign 9");
  }

  @Test
  void the_status_is_202_with_a_time_and_then_200() throws IOException {
    assertThat(kickOff()).isZero();
    manifest(
        """
        {"transactionTime":"2026-03-01T10:00:00.123+01:00","request":"x","requiresAccessToken":true,
         "output":[]}""");
    server.first(
        get(urlPathEqualTo(STATUS_PATH)),
        aResponse()
            .withStatus(202)
            .withHeader("X-Progress", "1 of 2")
            .withHeader("Retry-After", "120"));

    assertThat(status()).isZero();
    assertThat(state()).isEqualTo("in-progress");
    Instant notBefore =
        Instant.parse(runs.report("r1", "wait").path("result").path("not_before").asText());
    assertThat(Duration.between(Instant.now(), notBefore).toSeconds()).isCloseTo(120, within(6L));
    time.skip(Duration.ofSeconds(121));
    assertThat(status()).isZero();

    assertThat(state()).isEqualTo("complete");
    List<LoggedRequest> asked = server.asked(STATUS_PATH);
    assertThat(asked).hasSize(2);
    assertThat(asked)
        .allSatisfy(
            one -> {
              assertThat(one.getHeader("Accept")).isEqualTo("application/json");
              assertThat(one.getHeader("Authorization")).isEqualTo("Bearer t-1");
            });
    assertThat(runs.report("r1", "wait").path("result").path("transaction_time").asText())
        .isEqualTo("2026-03-01T09:00:00.123Z");
  }

  @Test
  void a_web_page_with_502_is_no_answer() throws IOException {
    server.first(
        get(urlPathEqualTo("/fhir/metadata")),
        aResponse()
            .withStatus(502)
            .withHeader("Content-Type", "text/html")
            .withBody("<!DOCTYPE html><html><p>Bad Gateway</html>"));

    assertThat(kickOff()).isZero();

    assertThat(server.asked("/fhir/metadata")).hasSize(2);
  }

  @Test
  void packed_files_of_another_origin_land_without_the_token_and_the_export_is_deleted()
      throws IOException {
    try (ForeignServer files = new ForeignServer()) {
      files.wire.stubFor(
          get(urlPathEqualTo("/signed/1"))
              .willReturn(
                  aResponse()
                      .withHeader("Content-Type", "application/fhir+ndjson")
                      .withBody(LINES)));
      runs.settings.put("source.allowed-origins", "[\"" + files.url("") + "\"]");
      // No count, no deleted, no error: all of them may be absent.
      manifest(
          "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"request\":\"x\","
              + "\"requiresAccessToken\":false,\"output\":[{\"type\":\"Patient\",\"url\":\""
              + files.url("/signed/1?signature=abc")
              + "\"}]}");

      assertThat(runs.runAll("r1")).isZero();

      assertThat(String.join("\n", BulkToBronzeTest.resources(ReadBack.bronze(runs))) + "\n")
          .isEqualTo(LINES);
      LoggedRequest asked = files.asked("/signed/1").get(0);
      assertThat(asked.containsHeader("Authorization")).isFalse();
      assertThat(asked.getHeader("Accept-Encoding")).isEqualTo("gzip");
      assertThat(asked.queryParameter("signature").firstValue()).isEqualTo("abc");
    }
    assertThat(server.asked(STATUS_PATH))
        .extracting(LoggedRequest::getMethod)
        .containsExactly(RequestMethod.GET, RequestMethod.DELETE);
    assertThat(server.asked(STATUS_PATH).get(1).getHeader("Authorization")).isEqualTo("Bearer t-1");
  }

  /** Never silent for long, never of use. */
  @Test
  void fault_03_a_file_at_a_few_bytes_a_second_is_asked_for_again() throws IOException {
    runs.settings.put("source.idle-timeout", "\"500 milliseconds\"");
    String path = "/files/1";
    server.wire.stubFor(
        get(urlPathEqualTo(path))
            .willReturn(
                aResponse().withHeader("Content-Type", "application/fhir+ndjson").withBody(LINES)));
    server.first(
        get(urlPathEqualTo(path)),
        aResponse()
            .withHeader("Content-Type", "application/fhir+ndjson")
            .withBody(LINES)
            .withChunkedDribbleDelay(LINES.length(), 100 * LINES.length()));
    manifest(
        "{\"transactionTime\":\"2026-03-01T10:00:00Z\",\"requiresAccessToken\":true,\"output\":["
            + "{\"type\":\"Patient\",\"url\":\""
            + server.url(path)
            + "\"}]}");

    assertThat(runs.runAll("r1")).isZero();

    assertThat(ReadBack.bronze(runs)).hasSize(2);
    assertThat(server.asked(path)).hasSize(2);
    assertThat(runs.report("r1", "extract").path("counters").path("http.retries").asInt())
        .isEqualTo(1);
  }
}
