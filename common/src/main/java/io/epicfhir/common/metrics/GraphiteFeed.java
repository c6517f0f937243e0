package io.epicfhir.common.metrics;

import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.graphite.Graphite;
import com.codahale.metrics.graphite.GraphiteReporter;
import io.epicfhir.common.LogicalRun;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the registry's figures to a Graphite server while a job runs, and once at its end. A server
 * that is away costs a warning, never the job.
 */
public final class GraphiteFeed implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GraphiteFeed.class);
  private static final Duration EVERY = Duration.ofSeconds(10);

  private final Optional<GraphiteReporter> reporter;

  private GraphiteFeed(Optional<GraphiteReporter> reporter) {
    this.reporter = reporter;
  }

  /**
   * Begins to send, where there is a server. Names are {@code epic_fhir.<dag>.<task>.<name>},
   * durations milliseconds.
   */
  public static GraphiteFeed start(
      Optional<MetricsSettings.Server> server, MetricRegistry registry, LogicalRun run) {
    return new GraphiteFeed(
        server.map(
            to -> {
              GraphiteReporter reporter =
                  GraphiteReporter.forRegistry(registry)
                      .prefixedWith("epic_fhir." + part(run.dagId()) + "." + part(run.taskId()))
                      .convertDurationsTo(TimeUnit.MILLISECONDS)
                      .build(new Graphite(to.host(), to.port()));
              reporter.start(EVERY.toSeconds(), TimeUnit.SECONDS);
              return reporter;
            }));
  }

  /** Sends the last figures; a server that hears and does not answer is not waited for. */
  @Override
  public void close() {
    reporter.ifPresent(
        last -> {
          Thread thread = new Thread(last::close, "graphite-last");
          thread.setDaemon(true);
          thread.start();
          try {
            thread.join(EVERY.toMillis());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          if (thread.isAlive()) {
            LOG.warn("Cannot send the last metrics to Graphite in time; check metrics.graphite");
          }
        });
  }

  private static String part(String name) {
    return name.replaceAll("[^a-zA-Z0-9_-]", "_");
  }
}
