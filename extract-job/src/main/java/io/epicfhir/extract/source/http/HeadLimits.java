package io.epicfhir.extract.source.http;

import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Future;
import org.apache.http.HttpClientConnection;
import org.apache.http.HttpException;
import org.apache.http.HttpRequest;
import org.apache.http.HttpResponse;
import org.apache.http.HttpStatus;
import org.apache.http.MessageConstraintException;
import org.apache.http.ProtocolException;
import org.apache.http.client.methods.HttpRequestBase;
import org.apache.http.config.ConnectionConfig;
import org.apache.http.config.MessageConstraints;
import org.apache.http.impl.DefaultHttpResponseFactory;
import org.apache.http.impl.conn.DefaultHttpResponseParser;
import org.apache.http.impl.conn.ManagedHttpClientConnectionFactory;
import org.apache.http.io.SessionInputBuffer;
import org.apache.http.protocol.HttpContext;
import org.apache.http.protocol.HttpRequestExecutor;
import org.apache.http.util.CharArrayBuffer;

/**
 * Bounds what comes before an answer's body, which the client reads in one go: bytes, lines,
 * preliminary answers, and time. A socket's timeout sees silence, not a byte now and then.
 */
final class HeadLimits {
  private static final int LONGEST_LINE = 32 << 10;
  private static final int MOST_HEADERS = 200;

  /** Lines before the status line, which some servers leave behind the body before. */
  private static final int MOST_LINES_BEFORE = 20;

  /** Answers of 1xx before the answer. */
  private static final int MOST_PRELIMINARY = 20;

  private HeadLimits() {}

  /** The limits of one connection. */
  static ConnectionConfig connection() {
    return ConnectionConfig.custom()
        .setMessageConstraints(
            MessageConstraints.custom()
                .setMaxLineLength(LONGEST_LINE)
                .setMaxHeaderCount(MOST_HEADERS)
                .build())
        .build();
  }

  /** Makes connections that read no endless garbage. */
  static ManagedHttpClientConnectionFactory connections() {
    return new ManagedHttpClientConnectionFactory(
        null,
        (SessionInputBuffer buffer, MessageConstraints constraints) ->
            new DefaultHttpResponseParser(
                buffer, null, DefaultHttpResponseFactory.INSTANCE, constraints) {
              @Override
              protected boolean reject(CharArrayBuffer line, int count) {
                return count >= MOST_LINES_BEFORE;
              }
            });
  }

  /** Takes so many preliminary answers, and no more. */
  static HttpRequestExecutor executor() {
    return new HttpRequestExecutor() {
      @Override
      protected HttpResponse doReceiveResponse(
          HttpRequest request, HttpClientConnection connection, HttpContext context)
          throws HttpException, IOException {
        for (int i = 0; i <= MOST_PRELIMINARY; i++) {
          HttpResponse response = connection.receiveResponseHeader();
          int status = response.getStatusLine().getStatusCode();
          if (status < HttpStatus.SC_CONTINUE) {
            throw new ProtocolException("a status below 100");
          }
          if (status >= HttpStatus.SC_OK) {
            if (canResponseHaveBody(request, response)) {
              connection.receiveResponseEntity(response);
            }
            return response;
          }
        }
        throw new ProtocolException("too many preliminary answers");
      }
    };
  }

  /** Ends a request whose answer has not begun by then. */
  static Deadline deadline(HttpRequestBase request, Duration time) {
    return new Deadline(request, time);
  }

  /** The time that a request has until its answer's head is there. */
  static final class Deadline implements AutoCloseable {
    private final Future<?> end;
    private volatile boolean passed;

    private Deadline(HttpRequestBase request, Duration time) {
      this.end =
          Watchdog.after(
              time,
              () -> {
                passed = true;
                request.abort();
              });
    }

    /** What a failure of the request is in truth. */
    IOException failure(IOException e) {
      if (passed) {
        SocketTimeoutException late = new SocketTimeoutException("the answer's head is late");
        late.initCause(e);
        return late;
      }
      return e instanceof MessageConstraintException
          ? new BrokenBody("the head of the answer is too long")
          : e;
    }

    @Override
    public void close() {
      end.cancel(false);
    }
  }
}
