package io.epicfhir.extract;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.delete;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static com.github.tomakehurst.wiremock.stubbing.Scenario.STARTED;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import java.util.List;

/** A FHIR server by another hand than the sandbox: fixed answers, as the standards show them. */
final class ForeignServer implements AutoCloseable {
  static final String TOKEN_PATH = "/oauth2/token";
  static final String KICK_OFF_PATH = "/fhir/Group/sandbox-group/$export";
  static final String STATUS_PATH = "/jobs/17";
  private static final String CAPABILITY =
      """
      {"resourceType":"CapabilityStatement","status":"active","date":"2026-01-01","kind":"instance",
       "fhirVersion":"4.0.1","format":["json"],"software":{"name":"Foreign","version":"9"}}""";

  final WireMockServer wire =
      new WireMockServer(options().bindAddress("127.0.0.1").dynamicPort().gzipDisabled(false));

  ForeignServer() {
    wire.start();
    wire.stubFor(
        get(urlPathEqualTo("/fhir/.well-known/smart-configuration"))
            .willReturn(
                json(
                    "{\"token_endpoint\":\""
                        + url(TOKEN_PATH)
                        + "\",\"capabilities\":[\"client-confidential-asymmetric\"]}")));
    signsIn();
    wire.stubFor(get(urlPathEqualTo("/fhir/metadata")).willReturn(fhir(CAPABILITY)));
    wire.stubFor(
        get(urlPathEqualTo(KICK_OFF_PATH))
            .willReturn(aResponse().withStatus(202).withHeader("Content-Location", STATUS_PATH)));
    wire.stubFor(delete(urlPathEqualTo(STATUS_PATH)).willReturn(aResponse().withStatus(202)));
  }

  /** Whoever asks gets a token. */
  void signsIn() {
    wire.stubFor(
        post(urlPathEqualTo(TOKEN_PATH))
            .willReturn(
                json(
                    """
                    {"access_token":"t-1","token_type":"bearer","expires_in":300,
                     "scope":"system/*.read"}""")));
  }

  static ResponseDefinitionBuilder json(String body) {
    return aResponse().withHeader("Content-Type", "application/json").withBody(body);
  }

  static ResponseDefinitionBuilder fhir(String body) {
    return aResponse()
        .withHeader("Content-Type", "application/fhir+json;charset=utf-8")
        .withBody(body);
  }

  String url(String path) {
    return wire.baseUrl() + path;
  }

  /** The first answer to a path, before the one that it has. */
  void first(MappingBuilder request, ResponseDefinitionBuilder answer) {
    wire.stubFor(
        request
            .atPriority(1)
            .inScenario("first")
            .whenScenarioStateIs(STARTED)
            .willSetStateTo("then")
            .willReturn(answer));
  }

  /** What a path was asked, in order. */
  List<LoggedRequest> asked(String path) {
    return wire.findAll(
        com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor(urlPathEqualTo(path)));
  }

  @Override
  public void close() {
    wire.stop();
  }
}
