package io.epicfhir.sandbox.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.SandboxFixture;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an export tells of changes in the folder. */
final class ReloadTest {
  private SandboxFixture sandbox;
  private String token;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    sandbox = new SandboxFixture(data);
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  private void start() throws Exception {
    sandbox.start();
    token = sandbox.token();
  }

  @Test
  void since_gives_what_a_reload_found_new_changed_and_deleted() throws Exception {
    start();
    String time = sandbox.export(token, "").path("transactionTime").asText();
    sandbox.write("Patient", SandboxFixture.ANNA, "{\"resourceType\":\"Patient\",\"id\":\"cy\"}");
    String changed = SandboxFixture.observation("o2", "2.0");
    sandbox.write("Observation", SandboxFixture.observation("o1", "1.50"), changed);
    HttpResponse<String> reload =
        sandbox.client.post(sandbox.server.origin() + "/sandbox/reload", "text/plain", "");
    assertThat(reload.body()).isEqualTo("{\"created\":1,\"changed\":1,\"deleted\":2}");

    JsonNode manifest = sandbox.export(token, "?_since=" + time);
    assertThat(manifest.path("output").findValuesAsText("type"))
        .containsExactly("Observation", "Patient");
    assertThat(new String(sandbox.download(token, manifest, "Observation").body(), UTF_8))
        .isEqualTo(changed + "\n");
    assertThat(new String(sandbox.download(token, manifest, "Patient").body(), UTF_8))
        .contains("\"cy\"");
    JsonNode deleted = manifest.path("deleted").path(0);
    assertThat(deleted.path("type").asText()).isEqualTo("Bundle");
    assertThat(sandbox.client.get(deleted.path("url").asText(), token).body())
        .isEqualTo(
            "{\"resourceType\":\"Bundle\",\"type\":\"transaction\",\"entry\":["
                + "{\"request\":{\"method\":\"DELETE\",\"url\":\"Observation/o3\"}},"
                + "{\"request\":{\"method\":\"DELETE\",\"url\":\"Patient/ben\"}}]}\n");

    JsonNode later = sandbox.export(token, "?_since=" + manifest.path("transactionTime").asText());
    assertThat(later.path("output")).isEmpty();
    assertThat(later.path("deleted")).isEmpty();
  }

  @Test
  void a_resource_that_comes_back_is_new_and_no_longer_deleted() throws Exception {
    start();
    String time = sandbox.export(token, "").path("transactionTime").asText();
    sandbox.write("Patient", SandboxFixture.ANNA);
    assertThat(sandbox.server.store().reload()).isEqualTo(new ResourceStore.Reload(0, 0, 1));
    sandbox.write("Patient", SandboxFixture.ANNA, SandboxFixture.BEN);
    assertThat(sandbox.server.store().reload()).isEqualTo(new ResourceStore.Reload(1, 0, 0));
    JsonNode manifest = sandbox.export(token, "?_since=" + time);
    assertThat(manifest.path("deleted")).isEmpty();
    assertThat(SandboxFixture.file(manifest, "Patient").path("count").asInt()).isEqualTo(1);
  }

  @Test
  void an_export_keeps_its_content_while_the_folder_changes() throws Exception {
    start();
    byte[] before = Files.readAllBytes(sandbox.data.resolve("Patient.ndjson"));
    JsonNode manifest = sandbox.export(token, "");
    sandbox.write("Patient", SandboxFixture.BEN);
    sandbox.server.store().reload();
    assertThat(sandbox.download(token, manifest, "Patient").body()).isEqualTo(before);
  }

  @Test
  void a_line_that_is_no_json_is_served_under_its_files_type() throws Exception {
    sandbox.write("Patient", SandboxFixture.ANNA, "{\"resourceType\":\"Patient\", oops");
    start();
    JsonNode manifest = sandbox.export(token, "");
    assertThat(SandboxFixture.file(manifest, "Patient").path("count").asInt()).isEqualTo(2);
    assertThat(sandbox.download(token, manifest, "Patient").body())
        .isEqualTo(Files.readAllBytes(sandbox.data.resolve("Patient.ndjson")));
  }
}
