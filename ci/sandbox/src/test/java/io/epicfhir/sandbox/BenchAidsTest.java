package io.epicfhir.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.bulk.FileServing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BenchAidsTest {
  @TempDir private Path folder;
  private SandboxFixture sandbox;

  @BeforeEach
  void prepare() throws Exception {
    sandbox = new SandboxFixture(Files.createDirectory(folder.resolve("data")));
    sandbox.options.exportTime(Duration.ZERO);
  }

  @AfterEach
  void stop() throws Exception {
    sandbox.close();
  }

  @Test
  void a_file_that_was_compressed_ahead_has_a_length_and_the_same_bytes() throws Exception {
    sandbox.options.files(FileServing.PRECOMPRESSED);
    sandbox.start();
    String token = sandbox.token();
    JsonNode manifest = sandbox.export(token, "");
    String url = SandboxFixture.file(manifest, "Observation").path("url").asText();
    byte[] whole = Files.readAllBytes(sandbox.data.resolve("Observation.ndjson"));
    HttpResponse<byte[]> zipped = sandbox.client.bytes(url, token, "Accept-Encoding", "gzip");
    assertThat(TestClient.header(zipped, "Content-Encoding")).isEqualTo("gzip");
    assertThat(TestClient.header(zipped, "Content-Length"))
        .isEqualTo(Integer.toString(zipped.body().length));
    assertThat(new GZIPInputStream(new ByteArrayInputStream(zipped.body())).readAllBytes())
        .isEqualTo(whole);
    assertThat(sandbox.client.bytes(url, token).body()).isEqualTo(whole);
  }

  @Test
  void the_oracle_lists_every_resource_with_the_hash_of_its_bytes() throws Exception {
    sandbox.start();
    String[] lines = sandbox.client.open(admin("resources")).body().split("\n", -1);
    String hash =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(SandboxFixture.ANNA.getBytes(UTF_8)));
    assertThat(lines).hasSize(6).contains("Patient/anna\t" + hash).endsWith("");
  }

  @Test
  void a_fault_can_be_planned_from_another_process() throws Exception {
    sandbox.start();
    String token = sandbox.token();
    assertThat(
            plan("{\"kind\":\"READ\",\"fault\":\"busy\",\"parameters\":[503,\"7\"],\"times\":2}"))
        .isEmpty();
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> busy = read(token);
      assertThat(busy.statusCode()).isEqualTo(503);
      assertThat(TestClient.header(busy, "Retry-After")).isEqualTo("7");
    }
    assertThat(read(token).statusCode()).isEqualTo(200);
    assertThat(
            plan(
                "{\"type\":\"Patient\",\"fault\":\"gone\",\"parameter\":410,\"times\":\"always\"}"))
        .isEmpty();
    assertThat(read(token).statusCode()).isEqualTo(410);
    sandbox.client.delete(admin("faults"), token);
    assertThat(read(token).statusCode()).isEqualTo(200);
  }

  @Test
  void a_fault_that_cannot_be_planned_is_named() throws Exception {
    sandbox.start();
    assertThat(plan("{\"fault\":\"flood\"}")).isEqualTo("Cannot plan fault: flood");
    assertThat(plan("{\"fault\":\"reset\"}")).isEqualTo("parameter 1 is missing");
    assertThat(plan("{")).isEqualTo("Cannot read fault: it is no JSON");
  }

  @Test
  void a_self_signed_certificate_is_refused_until_it_is_trusted() throws Exception {
    Path certificate = folder.resolve("certificate.pem");
    sandbox.options.tls(certificate);
    sandbox.start();
    String url = sandbox.server.baseUrl() + "/metadata";
    assertThat(url).startsWith("https://127.0.0.1:");
    assertThatThrownBy(() -> sandbox.client.open(url)).isInstanceOf(SSLHandshakeException.class);
    HttpClient trusting = HttpClient.newBuilder().sslContext(trusting(certificate)).build();
    assertThat(send(trusting, url).body()).contains("CapabilityStatement");
    // A body from a file must get through the encryption, too.
    assertThat(send(trusting, admin("resources")).body()).contains("Patient/anna\t");
  }

  private static HttpResponse<String> send(HttpClient http, String url)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    try (var in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "sandbox", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  private HttpResponse<String> read(String token) throws Exception {
    return sandbox.client.get(sandbox.server.baseUrl() + "/Patient/anna", token);
  }

  private String plan(String json) throws Exception {
    return sandbox.client.post(admin("faults"), "application/json", json).body();
  }

  private String admin(String what) {
    return sandbox.server.origin() + "/sandbox/" + what;
  }
}
