package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.nimbusds.jose.jwk.JWKSet;
import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.extract.settings.ExtractSettings;
import io.epicfhir.extract.source.SourceClient;
import io.epicfhir.extract.source.pace.Pace;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Traffic;
import io.epicfhir.sandbox.auth.ClientKeys;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fault table's rows about connections and the sign-in; see {@link FaultTableTest}. */
class FaultTableConnectionTest extends SiteTest {
  @Test
  void fault_04_connect_goes_nowhere() throws IOException {
    open(o -> o);
    site.settings.put("source.connect-timeout", "\"200 milliseconds\"");
    site.settings.put("source.max-tries", "3");
    List<Socket> waiting = new ArrayList<>();
    try (ServerSocket nobody = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      fill(nobody, waiting);
      site.settings.put(
          "source.base-url", "\"http://127.0.0.1:" + nobody.getLocalPort() + "/fhir\"");

      // By itself Linux gives a connection up after two minutes, three times here.
      int exit = assertTimeout(Duration.ofMinutes(2), this::kickOff);

      assertThat(exit).isEqualTo(4);
      assertThat(error("kick_off"))
          .contains("connect timeout, after 3 tries", "rerun when the server has recovered");
    } finally {
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  /** Nobody accepts: once the queue is full the kernel drops what comes, as a firewall would. */
  private static void fill(ServerSocket nobody, List<Socket> waiting) throws IOException {
    while (waiting.size() < 50) {
      Socket socket = new Socket();
      waiting.add(socket);
      try {
        socket.connect(nobody.getLocalSocketAddress(), 300);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
    throw new AssertionError("the queue never fills");
  }

  @Test
  void fault_05_wrong_tls_certificate() throws IOException {
    open(o -> o.tls(folder.resolve("server.pem")));
    // Settings as other programs have them: here they must mean nothing.
    for (String key : List.of("insecure", "verify-tls", "tls.verify", "trust-all", "ssl-verify")) {
      site.settings.put("source." + key, key.contains("verify") ? "false" : "true");
    }

    assertThat(kickOff()).isNotZero();
    assertThat(site.server.requests().entries()).isEmpty();

    site.settings.keySet().removeIf(key -> key.matches("source\\..*(insecure|verify|trust).*"));
    assertThat(kickOff()).isEqualTo(3);

    assertThat(error("kick_off"))
        .contains("the certificate of 127.0.0.1 is not trusted", "javax.net.ssl.trustStore");
    assertThat(time.pauses).as("a certificate does not mend itself").isEmpty();
    assertThat(site.server.requests().entries()).isEmpty();
  }

  @Test
  void fault_08_scope_narrower_than_asked() throws IOException {
    open(o -> o.grantedScopes(Set.of("system/Patient.read")));
    site.settings.put("source.scopes", "[\"system/Patient.rs\", \"system/Observation.rs\"]");

    assertThat(kickOff()).isEqualTo(3);

    assertThat(error("kick_off")).contains("did not grant system/Observation.rs");
    assertThat(asked(RequestKind.KICK_OFF)).isZero();
  }

  @Test
  void fault_09_jti_replay_refused() throws IOException {
    open(o -> o);
    // The server has seen the assertion, and refuses its jti from now on; the answer is lost.
    site.server.faults().times(2, Match.kind(RequestKind.TOKEN), Fault.reset(-1));

    assertThat(kickOff()).isZero();

    assertThat(site.server.requests().tokensIssued()).isEqualTo(3);
    assertThat(asked(RequestKind.TOKEN)).isEqualTo(3);
  }

  @Test
  void fault_10_key_rotated_without_a_restart() throws IOException {
    open(o -> o);
    site.settings.put("source.key-file", "\"" + folder.resolve("keys/rs384.jwk") + "\"");
    SourceClient client =
        new SourceClient(
            ExtractSettings.from(SettingsFile.load(site.settingsFile().toString())).source(),
            Pace.real());
    Traffic traffic = new Traffic();
    Ask patient =
        Ask.get(
            "read a patient",
            URI.create(site.server.baseUrl() + "/Patient/p2"),
            "application/fhir+json");
    assertThat(client.send(patient, traffic).status()).isEqualTo(200);

    ClientKeys rotated = ClientKeys.in(folder.resolve("new-keys"));
    site.server.clients().register("sandbox-client", new JWKSet(rotated.rs384()));
    Files.move(
        folder.resolve("new-keys/rs384.jwk"),
        folder.resolve("keys/rs384.jwk"),
        StandardCopyOption.REPLACE_EXISTING);
    site.server.faults().once(Match.kind(RequestKind.READ), Fault.expireToken());

    assertThat(client.send(patient, traffic).status()).isEqualTo(200);
    assertThat(site.server.requests().tokensIssued()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {-10, 10})
  void fault_11_client_clock_ten_minutes_off(int minutes) throws IOException {
    open(o -> o);
    Clock off = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(minutes));

    assertThat(site.run(new KickOff(new Pace(off, d -> {})), "r1", "kick_off")).isZero();

    // By its own clock and not by the server's: the assertion would be refused at once.
    assertThat(asked(RequestKind.TOKEN)).isEqualTo(1);
  }
}
