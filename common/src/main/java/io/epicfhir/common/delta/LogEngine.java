package io.epicfhir.common.delta;

import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.defaults.engine.hadoopio.HadoopFileIO;
import io.delta.kernel.engine.MetricsReporter;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/** Kernel's engine on Hadoop's file systems, which keeps its figures to itself. */
final class LogEngine extends DefaultEngine {
  LogEngine(Configuration hadoop) {
    super(new HadoopFileIO(hadoop));
  }

  /** None: the default one writes every scan as JSON into the job's own log. */
  @Override
  public List<MetricsReporter> getMetricsReporters() {
    return List.of();
  }
}
