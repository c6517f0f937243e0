package io.epicfhir.extract;

import io.epicfhir.sandbox.SandboxOptions;
import io.epicfhir.sandbox.SandboxServer;
import io.epicfhir.sandbox.auth.ClientKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A server with data, a lake and settings that fit, to run the three jobs against. */
final class Site extends Runs implements AutoCloseable {
  /** Making RSA keys takes longer than most tests. */
  static final ClientKeys KEYS = ClientKeys.generate();

  final Path data;
  final SandboxServer server;

  private Site(Path folder, SandboxServer server) {
    super(folder, server.baseUrl(), KEYS.rs384().getKeyID());
    this.data = folder.resolve("data");
    this.server = server;
  }

  /** Serves the files, by name, with exports that are ready at once. */
  static Site open(Path folder, Map<String, byte[]> files, UnaryOperator<SandboxOptions> behaviour)
      throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(data.resolve(file.getKey()), file.getValue());
    }
    KEYS.writeTo(Files.createDirectories(folder.resolve("keys")));
    SandboxOptions options =
        SandboxOptions.of(data)
            .client("sandbox-client", KEYS.publicKeys())
            .exportTime(java.time.Duration.ZERO);
    return new Site(folder, SandboxServer.start(behaviour.apply(options)));
  }

  static Site open(Path folder, Map<String, byte[]> files) throws IOException {
    return open(folder, files, options -> options);
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
