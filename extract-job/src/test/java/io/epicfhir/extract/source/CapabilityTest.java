package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilityTest {
  private RawServer server;
  private ClientOf site;

  @AfterEach
  void close() {
    server.close();
  }

  private String check(Function<RawServer.Request, Answer> answers) throws IOException {
    server = new RawServer(answers);
    site = new ClientOf(server.url("/fhir"));
    return Capability.check(site.client(), site.settings(), site.traffic).server();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"4.0.1\",\"software\":{\"name\":\"S\",\"version\":\"1\"}}",
        "\ufeff{\"resourceType\":\"CapabilityStatement\",\"status\":\"working\",\"date\":\"yesterday\","
            + "\"kind\":7,\"fhirVersion\":\"4.0\",\"software\":{\"name\":\"S\",\"version\":\"1\",\"releaseDate\":\"?\"},"
            + "\"rest\":[{\"mode\":\"client-ish\",\"resource\":[{\"type\":\"Nothing\",\"interaction\":[{\"code\":\"dance\"}]}]}]}",
      })
  void what_is_odd_besides_the_version_does_not_matter(String statement) throws IOException {
    assertThat(check(r -> Answer.of(200, "application/fhir+json", statement))).isEqualTo("S 1");
  }

  @Test
  void a_server_may_say_nothing_of_its_software() throws IOException {
    assertThat(
            check(
                r ->
                    Answer.json(
                        "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"4.0.1\"}")))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"5.0.0\"}; fhirVersion is 5.0.0, not 4.0",
        "{\"resourceType\":\"CapabilityStatement\"}; fhirVersion is unknown, not 4.0",
        "{\"resourceType\":\"OperationOutcome\",\"issue\":[]}; is not a CapabilityStatement",
        "<html></html>; is not a CapabilityStatement",
      })
  void another_version_or_no_statement_is_refused(String body, String why) {
    assertThatThrownBy(() -> check(r -> Answer.json(body)))
        .hasMessageContaining(why)
        .extracting(e -> ((JobException) e).exitCode())
        .isEqualTo(ExitCode.REFUSED);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void metadata_that_wants_the_token_gets_it(int status, @TempDir Path folder) throws IOException {
    server =
        new RawServer(
            r ->
                switch (r.path()) {
                  case "/fhir/.well-known/smart-configuration" ->
                      Answer.json("{\"token_endpoint\":\"/token\"}");
                  case "/token" -> Answer.json("{\"access_token\":\"t\"}");
                  default ->
                      r.headers().containsKey("authorization")
                          ? Answer.json(
                              "{\"resourceType\":\"CapabilityStatement\",\"fhirVersion\":\"4.0.1\"}")
                          : Answer.of(status, "text/html", "<html>who?</html>");
                });
    site = new ClientOf(server.url("/fhir")).signsIn(folder);

    assertThat(Capability.check(site.client(), site.settings(), site.traffic).server()).isEmpty();
  }
}
