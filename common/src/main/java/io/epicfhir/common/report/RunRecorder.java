package io.epicfhir.common.report;

import com.codahale.metrics.MetricRegistry;
import com.codahale.metrics.Snapshot;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.LogicalRun;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Gathers a task's figures while it runs; safe for use by several threads. */
public final class RunRecorder {
  private final MetricRegistry registry = new MetricRegistry();
  private final StageRecorder stages = new StageRecorder();
  private final Instant start;
  private final List<RunReport.Data> inputs = new ArrayList<>();
  private final List<RunReport.Data> outputs = new ArrayList<>();
  private final Map<String, RunReport.Resources> resources = new TreeMap<>();
  private final List<String> notes = new ArrayList<>();
  private final Map<String, Object> result = new LinkedHashMap<>();
  private RunReport.Patients patients;
  private String sparkMaster;

  public RunRecorder(Instant start) {
    this.start = start;
  }

  /** The registry for timers, counters and gauges; all of it goes into the report. */
  public MetricRegistry registry() {
    return registry;
  }

  /** The listener that sees Spark's stages. */
  public StageRecorder stages() {
    return stages;
  }

  /** Something was read. Rows and bytes may be null. */
  public synchronized void input(String name, String path, Long rows, Long bytes) {
    inputs.add(new RunReport.Data(name, path, rows, bytes));
  }

  /** Something was written. Rows and bytes may be null. */
  public synchronized void output(String name, String path, Long rows, Long bytes) {
    outputs.add(new RunReport.Data(name, path, rows, bytes));
  }

  /** A resource type's counts; what is said of a type more than once is summed. */
  public synchronized void resources(String type, RunReport.Resources counts) {
    resources.merge(type, counts, RunReport.Resources::plus);
  }

  /** How many patients there were, and the mean milliseconds for each. */
  public synchronized void patients(long count, double msPerPatient) {
    patients = new RunReport.Patients(count, msPerPatient);
  }

  /** A sentence for the person who reads the report. */
  public synchronized void note(String sentence) {
    notes.add(sentence);
  }

  /** A small answer for the DAG: a text, number, boolean, or a list or map of them. */
  public synchronized void result(String key, Object value) {
    result.put(key, value);
  }

  /** There is a Spark session, on this master. */
  public synchronized void sparkMaster(String master) {
    sparkMaster = master;
  }

  /** The counts so far, by resource type. */
  public synchronized Map<String, RunReport.Resources> resources() {
    return new TreeMap<>(resources);
  }

  /** The answers so far of these names. */
  public synchronized Map<String, Object> results(Set<String> names) {
    Map<String, Object> found = new TreeMap<>(result);
    found.keySet().retainAll(names);
    return found;
  }

  public synchronized RunReport report(
      LogicalRun run,
      String phase,
      String settingsHash,
      Optional<Throwable> failure,
      ExitCode exitCode) {
    Instant end = Instant.now();
    String error = failure.map(RunRecorder::describe).orElse(null);
    RunReport.Run header =
        new RunReport.Run(
            run.dagId(),
            run.runId(),
            run.taskId(),
            run.tryNumber(),
            run.intervalStart(),
            run.intervalStart(),
            run.intervalEnd(),
            phase,
            start,
            end,
            end.toEpochMilli() - start.toEpochMilli(),
            exitCode == ExitCode.DONE ? "success" : "failed",
            exitCode.number(),
            error,
            settingsHash,
            codeVersion(),
            host(),
            HostClass.of(Optional.ofNullable(sparkMaster)));
    return new RunReport(
        1,
        header,
        byName(inputs),
        byName(outputs),
        new TreeMap<>(resources),
        patients,
        stages.finished(),
        new RunReport.Memory(driverHeapPeak(), stages.executorHeapPeak()),
        timers(),
        counters(),
        List.copyOf(notes),
        new LinkedHashMap<>(result));
  }

  /** Sorted, because threads add entries in any order: reports of the same work are equal. */
  private static List<RunReport.Data> byName(List<RunReport.Data> data) {
    return data.stream().sorted(Comparator.comparing(RunReport.Data::name)).toList();
  }

  /**
   * The messages written for people pass; any other exception may quote data, so only its class is
   * reported.
   */
  private static String describe(Throwable failure) {
    return failure instanceof JobException ? failure.getMessage() : failure.getClass().getName();
  }

  private Map<String, RunReport.Timer> timers() {
    Map<String, RunReport.Timer> timers = new TreeMap<>();
    registry
        .getTimers()
        .forEach(
            (name, timer) -> {
              Snapshot s = timer.getSnapshot();
              timers.put(
                  name,
                  new RunReport.Timer(
                      timer.getCount(),
                      millis(s.getMean()),
                      millis(s.get95thPercentile()),
                      millis((double) s.getMax())));
            });
    return timers;
  }

  private Map<String, Number> counters() {
    Map<String, Number> counters = new TreeMap<>();
    registry.getCounters().forEach((name, counter) -> counters.put(name, counter.getCount()));
    registry.getMeters().forEach((name, meter) -> counters.put(name, meter.getCount()));
    registry
        .getGauges()
        .forEach(
            (name, gauge) -> {
              if (gauge.getValue() instanceof Number number) {
                counters.put(name, number);
              }
            });
    return counters;
  }

  private static double millis(double nanos) {
    return nanos / TimeUnit.MILLISECONDS.toNanos(1);
  }

  private static long driverHeapPeak() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }

  private static String codeVersion() {
    return Optional.ofNullable(RunRecorder.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "unknown";
    }
  }
}
