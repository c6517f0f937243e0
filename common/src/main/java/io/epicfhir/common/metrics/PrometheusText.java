package io.epicfhir.common.metrics;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.report.RunReport;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * A run's figures in the text exposition format 0.0.4 of Prometheus. Each is the last run's, so
 * each is a gauge: it may fall from run to run. A metric's help depends on its name alone: a
 * collector that reads several files wants the same text in each.
 */
final class PrometheusText {
  private static final String PREFIX = "epic_fhir_";
  private static final double MILLIS_PER_SECOND = 1000;

  /** The phase whose timers have a view's name, and whose outputs are the views' tables. */
  private static final String LOAD = "load";

  private final String labels;
  private final Map<String, Family> families = new LinkedHashMap<>();

  /**
   * A metric.
   *
   * @param source the name that it comes from
   * @param values by what stands behind the labels that all have
   */
  private record Family(String source, String help, Map<String, String> values) {}

  private PrometheusText(RunReport.Run run) {
    this.labels = label("dag", run.dagId()) + "," + label("task", run.taskId());
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
    report.resources().forEach(text::resources);
    if (report.run().phase().equals(LOAD)) {
      report.outputs().forEach(text::table);
    }
    report.timers().forEach(text::timer);
    registry.getCounters().forEach((name, counter) -> text.counter(name, counter.getCount()));
    registry.getMeters().forEach((name, meter) -> text.counter(name, meter.getCount()));
    registry.getGauges().forEach(text::gauge);
    return text.families.entrySet().stream()
        .map(family -> text.written(family.getKey(), family.getValue()))
        .collect(Collectors.joining());
  }

  private void resources(String type, RunReport.Resources counts) {
    resources(type, "received", counts.received());
    resources(type, "written", counts.written());
    resources(type, "rejected", counts.rejected());
    resources(type, "deleted", counts.deleted());
  }

  private void resources(String type, String what, Long count) {
    if (count != null) {
      String help = "Resources " + what + " in the last run.";
      family("resources." + what, "resources_" + what, help, "," + label("type", type), count);
    }
  }

  private void table(RunReport.Data table) {
    if (table.rows() != null) {
      String view = table.name().substring(table.name().lastIndexOf('.') + 1);
      String help = "Rows that the last run loaded.";
      family("load.view.rows", "load_view_rows", help, "," + label("view", view), table.rows());
    }
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
    boolean ofView = name.startsWith(LOAD + ".");
    String source = ofView ? "load.view" : name;
    String view = ofView ? "," + label("view", name.substring(LOAD.length() + 1)) : "";
    String help = "Timer " + source + " of the last run";
    String metric = sanitized(source);
    family(source, metric + "_calls", help + ": how often.", view, timer.count());
    family(source, metric + "_mean_seconds", help + ": the mean.", view, seconds(timer.meanMs()));
    family(
        source,
        metric + "_p95_seconds",
        help + ": 95 % took at most this.",
        view,
        seconds(timer.p95Ms()));
    family(source, metric + "_max_seconds", help + ": the longest.", view, seconds(timer.maxMs()));
  }

  private void counter(String name, long count) {
    family(name, sanitized(name), "Counter " + name + " of the last run.", "", count);
  }

  private void gauge(String name, Gauge<?> gauge) {
    if (gauge.getValue() instanceof Number number) {
      family(name, sanitized(name), "Gauge " + name + " of the last run.", "", number);
    }
  }

  private void gauge(String metric, String help, Number value) {
    family(metric, metric, help, "", value);
  }

  /**
   * One value; where another source's metric came out the same, of a metric with a number after it.
   *
   * @param own labels behind those that all have, with a comma before each
   */
  private void family(String source, String metric, String help, String own, Number value) {
    String name = PREFIX + metric;
    for (int i = 2; isOfAnother(name, source, own); i++) {
      name = PREFIX + metric + "_" + i;
    }
    families
        .computeIfAbsent(name, n -> new Family(source, help, new LinkedHashMap<>()))
        .values()
        .put(own, number(value));
  }

  private boolean isOfAnother(String name, String source, String own) {
    Family known = families.get(name);
    return known != null && !(known.source().equals(source) && !known.values().containsKey(own));
  }

  private String written(String name, Family family) {
    String about = family.help().replace("\\", "\\\\").replace("\n", "\\n");
    StringBuilder text = new StringBuilder("# HELP " + name + " " + about + "\n");
    text.append("# TYPE ").append(name).append(" gauge\n");
    family
        .values()
        .forEach(
            (own, value) -> text.append(name + "{" + labels + own + "} " + value).append('\n'));
    return text.toString();
  }

  private static String label(String name, String value) {
    return name + "=\"" + escaped(value) + "\"";
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
