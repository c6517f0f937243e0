package io.epicfhir.extract.source.http;

import io.epicfhir.extract.source.answer.BrokenBody;
import io.epicfhir.extract.source.request.Traffic;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/**
 * Counts a body's bytes as they come over the network and gives up on a server that only drips: a
 * socket's timeout sees silence, not a byte now and then.
 */
final class GuardedBody extends BlockStream {
  private static final int LEAST_BYTES = 1024;
  private static final int LEAST_AT_ONCE = 1 << 20;

  private final Traffic traffic;
  private final long windowNanos;
  private long waited;
  private long got;
  private long total;
  private boolean failed;
  private final long patienceNanos;
  private long allWaited;

  GuardedBody(InputStream in, Traffic traffic, Duration idleTimeout) {
    this(in, traffic, idleTimeout, Duration.ofNanos(Long.MAX_VALUE));
  }

  /**
   * A body that is read to its end at once.
   *
   * @param patience after so long it must have come by 1 MiB within each idle-timeout
   */
  GuardedBody(InputStream in, Traffic traffic, Duration idleTimeout, Duration patience) {
    super(in);
    this.traffic = traffic;
    this.windowNanos = idleTimeout.toNanos();
    this.patienceNanos = patience.toNanos();
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    long before = System.nanoTime();
    int count = received(buffer, offset, length);
    watch(System.nanoTime() - before, Math.max(count, 0));
    traffic.received(Math.max(count, 0));
    return count;
  }

  private int received(byte[] buffer, int offset, int length) throws IOException {
    try {
      return in.read(buffer, offset, length);
    } catch (IOException e) {
      failed = true;
      throw e;
    }
  }

  /** Whether the connection failed, or the body ended before its announced end. */
  boolean failed() {
    return failed;
  }

  /** Bytes read so far. */
  long total() {
    return total;
  }

  private void watch(long nanos, int count) throws BrokenBody {
    waited += nanos;
    got += count;
    total += count;
    allWaited += nanos;
    if (allWaited > patienceNanos && total / LEAST_AT_ONCE < allWaited / windowNanos) {
      throw new BrokenBody("the answer came too slowly to end within source.retry-budget");
    }
    if (waited > windowNanos) {
      if (got < LEAST_BYTES) {
        throw new BrokenBody(
            "the body stalled: only " + got + " bytes came within source.idle-timeout");
      }
      waited = 0;
      got = 0;
    }
  }
}
