package io.epicfhir.common;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/**
 * What went wrong, in words for people. The message of a foreign exception may quote what was
 * received, so only its kind is shown.
 */
public final class FailureWords {
  private FailureWords() {}

  /** A few words without a full stop, such as {@code connection refused}. */
  public static String of(Throwable failure) {
    if (failure instanceof UnknownHostException) {
      return "the host's name is not known";
    }
    if (failure instanceof NoRouteToHostException) {
      return "no route to the host";
    }
    if (failure instanceof ConnectException) {
      return "connection refused";
    }
    if (failure instanceof SocketTimeoutException) {
      return "no answer in time";
    }
    if (failure instanceof SSLException) {
      return "the encrypted connection failed";
    }
    if (failure instanceof SocketException || failure instanceof EOFException) {
      return "the connection broke";
    }
    if (failure.getClass() == IOException.class) {
      return "reading or writing failed";
    }
    return split(failure.getClass().getSimpleName());
  }

  /** {@code NoHttpResponseException} as "no http response". */
  private static String split(String name) {
    String kind = name.replaceAll("(Exception|Error)$", "");
    return kind.isEmpty()
        ? "unknown failure"
        : kind.replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ")
            .toLowerCase(Locale.ROOT);
  }
}
