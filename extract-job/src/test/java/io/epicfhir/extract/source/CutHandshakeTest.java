package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.request.Ask;
import io.epicfhir.extract.source.request.Link;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A server that hangs up in the handshake of TLS, as one does that restarts. */
class CutHandshakeTest {
  private final AtomicInteger connections = new AtomicInteger();

  private void hangUp(ServerSocket socket) {
    while (!socket.isClosed()) {
      try (Socket one = socket.accept()) {
        connections.incrementAndGet();
        assertThat(one.getInputStream().read()).isPositive();
      } catch (IOException e) {
        return;
      }
    }
  }

  @Test
  void itIsTriedAgainAndNoWordAboutACertificate() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread server = new Thread(() -> hangUp(socket), "hangs-up");
      server.setDaemon(true);
      server.start();
      String base = "https://127.0.0.1:" + socket.getLocalPort() + "/fhir";
      ClientOf site = new ClientOf(base);
      Ask ask = Ask.get("read something", Link.absolute(base + "/Goal"), "application/fhir+json");

      JobException failure =
          catchThrowableOfType(
              JobException.class, () -> site.client().fetch(ask, site.traffic, 1000));

      assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
      assertThat(failure).hasMessageNotContaining("certificate");
      assertThat(connections).hasValue(6);
    }
  }
}
