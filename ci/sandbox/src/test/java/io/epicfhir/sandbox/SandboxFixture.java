package io.epicfhir.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.auth.ClientKeys;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A sandbox on a few hand-written lines, with a clock of its own. */
public final class SandboxFixture implements AutoCloseable {
  public static final ClientKeys KEYS = ClientKeys.generate();
  public static final String ANNA =
      "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"name\":[{\"family\":\"M\u00fcller\u2028\u4e2d\"}]}";
  public static final String BEN = "{ \"resourceType\" : \"Patient\", \"id\":\"ben\"}";

  public final Path data;
  public final MutableClock clock = new MutableClock();
  public final SandboxOptions options;
  public SandboxServer server;
  public TestClient client;

  public SandboxFixture(Path data) throws IOException {
    this.data = data;
    write("Patient", ANNA, BEN);
    write("Observation", observation("o1", "1.50"), observation("o2", "2"), observation("o3", "3"));
    options = SandboxOptions.of(data).client("sandbox-client", KEYS.publicKeys()).clock(clock);
  }

  public static String observation(String id, String value) {
    return "{\"resourceType\":\"Observation\",\"id\":\""
        + id
        + "\",\"category\":[{\"coding\":[{\"system\":\"s\",\"code\":\"laboratory\"}]}],"
        + "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"718-7\"}]},"
        + "\"subject\":{\"reference\":\"Patient/anna\"},\"valueQuantity\":{\"value\":"
        + value
        + "}}";
  }

  public void write(String type, String... lines) throws IOException {
    Files.writeString(data.resolve(type + ".ndjson"), String.join("\n", lines) + "\n");
  }

  public void write(String type, List<String> lines) throws IOException {
    write(type, lines.toArray(String[]::new));
  }

  public SandboxFixture start() throws IOException {
    server = SandboxServer.start(options);
    client = new TestClient(server, clock);
    return this;
  }

  public String token() throws Exception {
    return client.token(KEYS.rs384(), "system/*.read");
  }

  public JsonNode export(String token, String query) throws Exception {
    HttpResponse<String> kickOff = client.kickOff(token, query);
    if (kickOff.statusCode() == 429) {
      // Java's client sends a GET a second time by itself where a kept connection ends under it.
      clock.advance(Duration.ofSeconds(5));
      kickOff = client.kickOff(token, query);
    }
    assertThat(kickOff.statusCode()).as(kickOff.body()).isEqualTo(202);
    clock.advance(Duration.ofSeconds(5));
    return manifest(token, TestClient.header(kickOff, "Content-Location"));
  }

  public JsonNode manifest(String token, String status) throws Exception {
    HttpResponse<String> answer = client.get(status, token);
    assertThat(answer.statusCode()).isEqualTo(200);
    return TestClient.json(answer);
  }

  public HttpResponse<byte[]> download(String token, JsonNode manifest, String type)
      throws Exception {
    return client.bytes(file(manifest, type).path("url").asText(), token);
  }

  /** The lines of a type's first file. */
  public List<String> lines(String token, JsonNode manifest, String type) throws Exception {
    return new String(download(token, manifest, type).body(), StandardCharsets.UTF_8)
        .lines()
        .toList();
  }

  public static JsonNode file(JsonNode manifest, String type) {
    for (JsonNode file : manifest.path("output")) {
      if (file.path("type").asText().equals(type)) {
        return file;
      }
    }
    throw new AssertionError("No file of type " + type + " in " + manifest);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
