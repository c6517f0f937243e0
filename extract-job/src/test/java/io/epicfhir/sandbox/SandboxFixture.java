package io.epicfhir.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A sandbox on a few hand-written lines, with a clock of its own. */
final class SandboxFixture implements AutoCloseable {
  static final ClientKeys KEYS = ClientKeys.generate();
  static final String ANNA =
      "{\"resourceType\":\"Patient\",\"id\":\"anna\",\"name\":[{\"family\":\"M\u00fcller\u2028\u4e2d\"}]}";
  static final String BEN = "{ \"resourceType\" : \"Patient\", \"id\":\"ben\"}";

  final Path data;
  final MutableClock clock = new MutableClock();
  final SandboxOptions options;
  SandboxServer server;
  TestClient client;

  SandboxFixture(Path data) throws IOException {
    this.data = data;
    write("Patient", ANNA, BEN);
    write("Observation", observation("o1", "1.50"), observation("o2", "2"), observation("o3", "3"));
    options = SandboxOptions.of(data).client("sandbox-client", KEYS.publicKeys()).clock(clock);
  }

  static String observation(String id, String value) {
    return "{\"resourceType\":\"Observation\",\"id\":\""
        + id
        + "\",\"category\":[{\"coding\":[{\"system\":\"s\",\"code\":\"laboratory\"}]}],"
        + "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"718-7\"}]},"
        + "\"subject\":{\"reference\":\"Patient/anna\"},\"valueQuantity\":{\"value\":"
        + value
        + "}}";
  }

  void write(String type, String... lines) throws IOException {
    Files.writeString(data.resolve(type + ".ndjson"), String.join("\n", lines) + "\n");
  }

  void write(String type, List<String> lines) throws IOException {
    write(type, lines.toArray(String[]::new));
  }

  SandboxFixture start() throws IOException {
    server = SandboxServer.start(options);
    client = new TestClient(server, clock);
    return this;
  }

  String token() throws Exception {
    return client.token(KEYS.rs384(), "system/*.read");
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
