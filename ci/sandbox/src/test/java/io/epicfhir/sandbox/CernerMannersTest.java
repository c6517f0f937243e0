package io.epicfhir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.bulk.FileServing;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The profile cerner. */
final class CernerMannersTest {
  private SandboxFixture sandbox;
  private String token;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
    sandbox.options.cerner().files(FileServing.OTHER_ORIGIN).groups(Map.of("other", Set.of("ben")));
    sandbox.start();
    token = sandbox.token();
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void a_file_redirects_to_a_signed_link_that_refuses_a_token() throws Exception {
    JsonNode manifest = sandbox.export(token, "?_type=Patient");
    String url = SandboxFixture.file(manifest, "Patient").path("url").asText();
    assertThat(url).startsWith(sandbox.server.origin());
    assertThat(sandbox.client.open(url).statusCode()).isEqualTo(401);
    HttpResponse<String> answer = sandbox.client.get(url, token);
    assertThat(answer.statusCode()).isEqualTo(307);
    String link = TestClient.header(answer, "Location");
    assertThat(link).startsWith(sandbox.server.fileOrigin());
    assertThat(sandbox.client.open(link).body())
        .isEqualTo(SandboxFixture.ANNA + "\n" + SandboxFixture.BEN + "\n");
    assertThat(sandbox.client.get(link, token).statusCode()).isEqualTo(400);
    assertThat(sandbox.client.open(link + "0").statusCode()).isEqualTo(403);
  }

  @Test
  void a_type_filter_names_one_type() throws Exception {
    String filter = "_typeFilter=Observation%3Fcategory%3Dlaboratory";
    String other = "Patient%3Fcode%3Dx";
    assertThat(sandbox.client.kickOff(token, "?" + filter + "," + other).statusCode())
        .isEqualTo(400);
    assertThat(sandbox.client.kickOff(token, "?" + filter + "&_typeFilter=" + other).statusCode())
        .isEqualTo(202);
  }

  @Test
  void a_client_has_one_running_export() throws Exception {
    assertThat(sandbox.client.kickOff(token, "").statusCode()).isEqualTo(202);
    assertThat(other().statusCode()).isEqualTo(429);
    sandbox.clock.advance(Duration.ofSeconds(5));
    assertThat(other().statusCode()).isEqualTo(202);
  }

  private HttpResponse<String> other() throws Exception {
    return sandbox.client.kickOff(token, "other", "", "Cache-Control", "max-age=0");
  }
}
