package io.epicfhir.extract;

import com.codahale.metrics.MetricRegistry;
import java.util.concurrent.atomic.LongAdder;

/** What went over the network for one task. */
final class Traffic {
  private final LongAdder requests = new LongAdder();
  private final LongAdder retries = new LongAdder();
  private final LongAdder bytes = new LongAdder();

  /** Sums that travel from an executor to the driver. */
  record Sums(long requests, long retries, long bytes) {
    /** Adds the sums to the run report's counters. */
    void countIn(MetricRegistry registry) {
      registry.counter("http.requests").inc(requests);
      registry.counter("http.retries").inc(retries);
      registry.counter("http.bytes").inc(bytes);
    }
  }

  void requested() {
    requests.increment();
  }

  void retried() {
    retries.increment();
  }

  void received(long count) {
    bytes.add(count);
  }

  Sums sums() {
    return new Sums(requests.sum(), retries.sum(), bytes.sum());
  }
}
