package io.epicfhir.common.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.report.RunReport;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * A run's figures in the text exposition format 0.0.4 of Prometheus. A metric's help depends on its
 * name alone: a collector that reads several files wants the same text in each.
 */
final class PrometheusText {
  private static final String PREFIX = "epic_fhir_";
  private static final double MILLIS_PER_SECOND = 1000;

  private final String labels;
  private final Map<String, String> families = new LinkedHashMap<>();

  private PrometheusText(RunReport.Run run) {
    this.labels = "{dag=\"" + escaped(run.dagId()) + "\",task=\"" + escaped(run.taskId()) + "\"}";
  }

  /**
   * The whole file.
   *
   * @param exitCode how the process ends, which the report need not know
   */
  static String of(RunReport report, MetricRegistry registry, ExitCode exitCode) {
    PrometheusText text = new PrometheusText(report.run());
    text.run(report.run(), exitCode);
    text.stages(report);
    report.timers().forEach(text::timer);
    registry.getCounters().forEach((name, counter) -> text.counter(name, counter.getCount()));
    registry.getMeters().forEach((name, meter) -> text.counter(name, meter.getCount()));
    registry.getGauges().forEach(text::gauge);
    return String.join("", text.families.values());
  }

  private void run(RunReport.Run run, ExitCode exitCode) {
    gauge("run_duration_seconds", "How long the last run took.", seconds(run.durationMs()));
    gauge("run_exit_code", "Exit code of the last run; 0 is success.", exitCode.number());
    gauge(
        "run_end_timestamp_seconds",
        "End of the last run, in seconds since 1970-01-01 UTC.",
        seconds(run.end().toEpochMilli()));
  }

  private void stages(RunReport report) {
    sum(report, "shuffle_read_bytes", RunReport.Stage::shuffleReadBytes);
    sum(report, "shuffle_write_bytes", RunReport.Stage::shuffleWriteBytes);
    sum(report, "spill_memory_bytes", RunReport.Stage::spillMemoryBytes);
    sum(report, "spill_disk_bytes", RunReport.Stage::spillDiskBytes);
    long gc = report.stages().stream().mapToLong(RunReport.Stage::gcMs).sum();
    gauge("stages_gc_seconds", "Sum over the Spark stages of the last run.", seconds(gc));
  }

  private void sum(RunReport report, String name, ToLongFunction<RunReport.Stage> figure) {
    gauge(
        "stages_" + name,
        "Sum over the Spark stages of the last run.",
        report.stages().stream().mapToLong(figure).sum());
  }

  private void timer(String name, RunReport.Timer timer) {
    String help = "Timer " + name + " of the last run";
    String metric = sanitized(name);
    family(metric + "_calls_total", "counter", help + ": how often.", timer.count());
    gauge(metric + "_mean_seconds", help + ": the mean.", seconds(timer.meanMs()));
    gauge(metric + "_p95_seconds", help + ": 95 % took at most this.", seconds(timer.p95Ms()));
    gauge(metric + "_max_seconds", help + ": the longest.", seconds(timer.maxMs()));
  }

  private void counter(String name, long count) {
    String help = "Counter " + name + " of the last run.";
    family(sanitized(name) + "_total", "counter", help, count);
  }

  private void gauge(String name, Gauge<?> gauge) {
    if (gauge.getValue() instanceof Number number) {
      gauge(sanitized(name), "Gauge " + name + " of the last run.", number);
    }
  }

  private void gauge(String metric, String help, Number value) {
    family(metric, "gauge", help, value);
  }

  /** One metric; where another one's name came out the same, with a number after it. */
  private void family(String metric, String type, String help, Number value) {
    String name = PREFIX + metric;
    for (int i = 2; families.containsKey(name); i++) {
      name = PREFIX + metric + "_" + i;
    }
    String about = help.replace("\\", "\\\\").replace("\n", "\\n");
    families.put(
        name,
        "# HELP %1$s %2$s\n# TYPE %1$s %3$s\n%1$s%4$s %5$s\n"
            .formatted(name, about, type, labels, number(value)));
  }

  static String sanitized(String name) {
    return name.replaceAll("[^a-zA-Z0-9_]", "_");
  }

  private static String escaped(String label) {
    return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static Number seconds(Number millis) {
    return millis.doubleValue() / MILLIS_PER_SECOND;
  }

  private static String number(Number value) {
    if (!(value instanceof Double) && !(value instanceof Float)) {
      return value.toString();
    }
    double decimal = value.doubleValue();
    if (Double.isNaN(decimal)) {
      return "NaN";
    }
    if (Double.isInfinite(decimal)) {
      return decimal > 0 ? "+Inf" : "-Inf";
    }
    return BigDecimal.valueOf(decimal).stripTrailingZeros().toPlainString();
  }
}
