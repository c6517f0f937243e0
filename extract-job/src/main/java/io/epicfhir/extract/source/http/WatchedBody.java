package io.epicfhir.extract.source.http;

import io.epicfhir.extract.source.answer.BrokenBody;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.Future;
import org.apache.http.HttpEntity;
import org.apache.http.HttpResponse;
import org.apache.http.client.methods.HttpRequestBase;
import org.apache.http.entity.HttpEntityWrapper;

/**
 * Ends an exchange whose body hangs in one read although a byte comes now and then: a record of TLS
 * and the line before a chunk are read to their ends, and a socket's timeout sees silence only.
 * What comes between two reads is {@link GuardedBody}'s to judge.
 */
final class WatchedBody extends BlockStream {
  private final HttpRequestBase request;
  private final Duration longest;
  private final Object lock = new Object();
  private Future<?> watch;
  private long began;
  private boolean reading;
  private boolean ended;

  private WatchedBody(InputStream in, HttpRequestBase request, Duration longest) {
    super(in);
    this.request = request;
    this.longest = longest;
  }

  /**
   * Watches over an answer's body.
   *
   * @param request is aborted
   * @param longest that one read may take
   */
  static void watch(HttpResponse response, HttpRequestBase request, Duration longest)
      throws IOException {
    HttpEntity entity = response.getEntity();
    if (entity != null) {
      WatchedBody body = new WatchedBody(entity.getContent(), request, longest);
      response.setEntity(
          new HttpEntityWrapper(entity) {
            @Override
            public InputStream getContent() {
              return body;
            }
          });
    }
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    begin();
    try {
      return in.read(buffer, offset, length);
    } finally {
      end();
    }
  }

  /** One task for a body at most, which looks again as long as there is something to look at. */
  private void begin() {
    synchronized (lock) {
      reading = true;
      began = System.nanoTime();
      if (watch == null) {
        watch = Watchdog.after(longest, this::look);
      }
    }
  }

  /** A read that was ended may look like the end of the body. */
  private void end() throws BrokenBody {
    synchronized (lock) {
      reading = false;
      if (ended) {
        throw new BrokenBody(
            "the body stalled: a part of it took longer than twice source.idle-timeout");
      }
    }
  }

  private void look() {
    synchronized (lock) {
      watch = null;
      if (!reading) {
        return;
      }
      Duration left = longest.minusNanos(System.nanoTime() - began);
      if (left.compareTo(Duration.ZERO) > 0) {
        watch = Watchdog.after(left, this::look);
        return;
      }
      ended = true;
    }
    request.abort();
  }
}
