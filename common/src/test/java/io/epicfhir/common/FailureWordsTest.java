package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailureWordsTest {
  /** As the HTTP client's own; its name must not show. */
  private static final class NoHttpResponseException extends IOException {
    private static final long serialVersionUID = 1;
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new UnknownHostException("secret"), "the host's name is not known"),
        Arguments.of(new NoRouteToHostException("secret"), "no route to the host"),
        Arguments.of(new ConnectException("secret"), "connection refused"),
        Arguments.of(new SocketTimeoutException("secret"), "no answer in time"),
        Arguments.of(new SSLHandshakeException("secret"), "the encrypted connection failed"),
        Arguments.of(new SocketException("secret"), "the connection broke"),
        Arguments.of(new EOFException("secret"), "the connection broke"),
        Arguments.of(new NoHttpResponseException(), "no http response"),
        Arguments.of(new IOException("secret"), "reading or writing failed"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void theKindIsToldInWordsAndNothingOfTheMessage(Exception failure, String words) {
    assertThat(FailureWords.of(failure)).isEqualTo(words);
  }
}
