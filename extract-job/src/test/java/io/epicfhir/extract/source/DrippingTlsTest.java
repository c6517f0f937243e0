package io.epicfhir.extract.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.extract.source.RawServer.Answer;
import io.epicfhir.sandbox.front.SelfSigned;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Collections;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.http.conn.ssl.SSLConnectionSocketFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server that sends one byte now and then within one record of TLS: the record is read to its
 * end, so one read takes as long as the server likes.
 */
@Timeout(60)
class DrippingTlsTest extends HttpCase {
  private static SSLContext tls;

  /** Whether bytes drip from now on. */
  private volatile boolean dripping;

  @BeforeAll
  static void key() throws IOException, InterruptedException, GeneralSecurityException {
    KeyStore keys = SelfSigned.keys();
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, SelfSigned.PASSWORD.toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    String name = Collections.list(keys.aliases()).get(0);
    trusted.setCertificateEntry(name, keys.getCertificate(name));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    tls = SSLContext.getInstance("TLS");
    tls.init(own.getKeyManagers(), trust.getTrustManagers(), null);
  }

  private SourceClient open(String begin, String version, int tries) throws IOException {
    server =
        new RawServer(
            r ->
                Answer.endless(
                    begin,
                    () -> {
                      dripping = true;
                      return " ".repeat(16_000);
                    }),
            "https",
            accepted -> {
              dripping = false;
              return tls.getSocketFactory().createSocket(new Dripping(accepted), null, true);
            });
    site = new ClientOf(server.url("/fhir")).impatient(Duration.ofMillis(500), tries);
    return site.client(
        new SSLConnectionSocketFactory(
            tls,
            new String[] {version},
            null,
            SSLConnectionSocketFactory.getDefaultHostnameVerifier()));
  }

  private static void assertGivenUp(Runnable request, int tries) {
    JobException failure = catchThrowableOfType(JobException.class, request::run);
    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(failure)
        .hasMessageContaining("the body stalled: a part of it took longer than twice")
        .hasMessageContaining("after " + tries + " tries (source.max-tries reached)");
  }

  /** Nothing says where the body ends, so that a connection that ends looks like its end. */
  private static String json() {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/fhir+json\r\n\r\n{}";
  }

  @Test
  void aBodyThatDripsIsGivenUpAfterAllTries() throws IOException {
    SourceClient client = open(json(), "TLSv1.3", 2);

    assertGivenUp(() -> client.fetch(ask("/fhir/Goal"), site.traffic, 100_000), 2);

    assertThat(server.asked()).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void soIsAFileAndASmallAnswer(String version) throws IOException {
    SourceClient client = open(json(), version, 1);

    assertGivenUp(() -> client.send(ask("/fhir/status"), site.traffic), 1);
    assertGivenUp(() -> client.download(ask("/files/1"), site.traffic, new Discarded()), 1);
  }

  @Test
  void ofARefusalThatDripsTheStatusCounts() throws IOException {
    SourceClient client = open("HTTP/1.1 403 No\r\nContent-Type: text/plain\r\n\r\n", "TLSv1.3", 1);

    JobException failure =
        catchThrowableOfType(
            JobException.class, () -> client.fetch(ask("/fhir/Goal"), site.traffic, 1000));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.REFUSED);
    assertThat(failure).hasMessageContaining("the server answered 403");
  }

  @Test
  void soIsAHeadThatDrips() throws IOException {
    SourceClient client = open("", "TLSv1.3", 1);

    JobException failure =
        catchThrowableOfType(
            JobException.class, () -> client.fetch(ask("/fhir/Goal"), site.traffic, 1000));

    assertThat(failure.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
    assertThat(failure).hasMessageContaining("no answer in time, after 1 tries");
  }

  /** A connection whose bytes go out one by one when they drip. */
  private final class Dripping extends Socket {
    private final Socket socket;

    Dripping(Socket socket) {
      this.socket = socket;
    }

    @Override
    public boolean isConnected() {
      return socket.isConnected();
    }

    @Override
    public boolean isClosed() {
      return socket.isClosed();
    }

    @Override
    public InetAddress getInetAddress() {
      return socket.getInetAddress();
    }

    @Override
    public int getPort() {
      return socket.getPort();
    }

    @Override
    public SocketAddress getRemoteSocketAddress() {
      return socket.getRemoteSocketAddress();
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return socket.getInputStream();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
      return new FilterOutputStream(socket.getOutputStream()) {
        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
          if (!dripping) {
            out.write(bytes, offset, length);
            return;
          }
          for (int i = 0; i < length; i++) {
            out.write(bytes[offset + i]);
            out.flush();
            pause();
          }
        }
      };
    }

    private void pause() throws InterruptedIOException {
      try {
        Thread.sleep(50); // the server's pace is the case
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      }
    }

    @Override
    public synchronized void close() throws IOException {
      socket.close();
    }
  }
}
