package io.epicfhir.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.sandbox.auth.ClientKeys;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SandboxCommandTest {
  @TempDir private Path folder;

  @Test
  void it_serves_from_its_state_file_until_sigterm() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    Files.writeString(data.resolve("Patient.ndjson"), SandboxFixture.BEN);
    Path stateFile = folder.resolve("run/sandbox.env");
    Process server = start(data, stateFile);
    try {
      Properties state = new Properties();
      state.load(new StringReader(Files.readString(stateFile)));
      assertThat(status(state.getProperty("SANDBOX_URL") + "/metadata")).isEqualTo(200);
      assertThat(state.getProperty("SANDBOX_GROUPS")).isEqualTo("group-1,group-2");
      assertThat(state.getProperty("SANDBOX_PID")).isEqualTo(Long.toString(server.pid()));
      Path pem = Path.of(state.getProperty("SANDBOX_RS384_KEY"));
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(pem)))
          .isEqualTo("rw-------");
      assertThat(privateKey(pem, "RSA").getAlgorithm()).isEqualTo("RSA");
      assertThat(privateKey(Path.of(state.getProperty("SANDBOX_ES384_KEY")), "EC").getAlgorithm())
          .isEqualTo("EC");
      server.destroy();
      assertThat(server.waitFor(3, TimeUnit.MINUTES)).isTrue();
      assertThat(server.exitValue()).isEqualTo(143);
      assertThat(stateFile).doesNotExist();
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void keys_are_made_once() throws Exception {
    ClientKeys made = ClientKeys.in(folder.resolve("keys"));
    assertThat(ClientKeys.in(folder.resolve("keys"))).isEqualTo(made);
    assertThat(Files.readString(folder.resolve("keys/jwks.json")))
        .contains(made.rs384().getKeyID(), made.es384().getKeyID())
        .doesNotContain("\"d\":");
  }

  @Test
  void an_unknown_argument_and_a_missing_one_are_named() {
    assertThatThrownBy(() -> SandboxCommand.run(new String[] {"--dat", "x"}))
        .hasMessageStartingWith("Cannot read argument: --dat; known are [client, data, ");
    assertThatThrownBy(() -> SandboxCommand.run(new String[] {"--data", "x"}))
        .hasMessage("Cannot do without --keys-dir; add it");
  }

  @Test
  void a_cohort_that_is_there_is_not_generated_again() throws Exception {
    Path out = Files.createDirectory(folder.resolve("patients"));
    Files.writeString(out.resolve(SyntheaPatients.MARKER), SyntheaPatients.cohort(2, 7));
    assertThat(SyntheaPatients.generate(2, out, 7)).isFalse();
    assertThat(out).isDirectoryContaining(file -> file.endsWith(SyntheaPatients.MARKER));
  }

  private Process start(Path data, Path stateFile) throws IOException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                SandboxServer.class.getName(),
                "--data",
                data.toString(),
                "--keys-dir",
                folder.resolve("keys").toString(),
                "--state-file",
                stateFile.toString(),
                "--precompress",
                "--groups",
                "2")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    BufferedReader output = process.inputReader(UTF_8);
    assertThat(output.readLine()).startsWith("Sandbox FHIR server listens on http://127.0.0.1:");
    return process;
  }

  private static PrivateKey privateKey(Path pem, String algorithm) throws Exception {
    String base64 = Files.readString(pem).replaceAll("-----[A-Z ]+-----|\\n", "");
    return KeyFactory.getInstance(algorithm)
        .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
  }

  private static int status(String url) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }
}
