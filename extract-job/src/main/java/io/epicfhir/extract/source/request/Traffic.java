package io.epicfhir.extract.source.request;

import com.codahale.metrics.MetricRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What went over the network for one task. */
public final class Traffic {
  private final LongAdder requests = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder refusals = new LongAdder();
  private final LongAdder bytes = new LongAdder();

  /** Sums that travel from an executor to the driver. */
  public record Sums(long requests, long retries, long refusals, long bytes) {
    /** Adds the sums to the run report's counters. */
    public void countIn(MetricRegistry registry) {
      registry.counter("http.requests").inc(requests);
      registry.counter("http.retries").inc(retries);
      registry.counter("http.refusals").inc(refusals);
      registry.counter("http.bytes").inc(bytes);
    }
  }

  public void requested() {
    requests.increment();
  }

  /** The server had too much to do: 429 or 503. */
  public void refused() {
    refusals.increment();
  }

  public void retried() {
    retries.increment();
  }

  public void received(long count) {
    bytes.add(count);
  }

  public Sums sums() {
    return new Sums(requests.sum(), retries.sum(), refusals.sum(), bytes.sum());
  }
}
