package io.epicfhir.common.report;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What a task did, as one JSON file: the contract with the DAG and with every check. Sizes are
 * bytes, durations milliseconds. Holds neither patient data nor a secret.
 *
 * @param schemaVersion 1
 * @param run which run and task, and how it ended
 * @param inputs what was read
 * @param outputs what was written
 * @param resources counts by resource type
 * @param patients how many patients, and the time for each; null where the phase does not know
 * @param stages Spark's stages, in order of completion
 * @param memory heap peaks
 * @param timers the Dropwizard registry's timers: count, mean, p95 and max in milliseconds
 * @param counters the Dropwizard registry's counters, meters and numeric gauges
 * @param notes sentences for the person who reads the report
 * @param result small answers for the DAG: ids, paths, states
 */
public record RunReport(
    int schemaVersion,
    Run run,
    List<Data> inputs,
    List<Data> outputs,
    Map<String, Resources> resources,
    Patients patients,
    List<Stage> stages,
    Memory memory,
    Map<String, Timer> timers,
    Map<String, Number> counters,
    List<String> notes,
    Map<String, Object> result) {

  /**
   * Which run, task and try; how it ended; on what code, settings and host.
   *
   * @param hostClass the kind of machine: runs with the same are comparable
   */
  public record Run(
      String dagId,
      String runId,
      String taskId,
      int tryNumber,
      Instant logicalDate,
      Instant intervalStart,
      Instant intervalEnd,
      String phase,
      Instant start,
      Instant end,
      long durationMs,
      String status,
      int exitCode,
      String error,
      String settingsHash,
      String codeVersion,
      String host,
      String hostClass) {}

  /** Something read or written: a type, table or view; rows and bytes are null where not known. */
  public record Data(String name, String path, Long rows, Long bytes) {}

  /** Counts of one resource type; null where the phase does not know. */
  public record Resources(Long received, Long written, Long rejected, Long deleted, Long ms) {
    /** The sums of both. */
    public Resources plus(Resources other) {
      return new Resources(
          sum(received, other.received),
          sum(written, other.written),
          sum(rejected, other.rejected),
          sum(deleted, other.deleted),
          sum(ms, other.ms));
    }

    private static Long sum(Long a, Long b) {
      return a == null || b == null ? (a == null ? b : a) : (Long) (a + b);
    }
  }

  /** Patients and the mean time for each. */
  public record Patients(long count, double msPerPatient) {}

  /**
   * One stage of Spark.
   *
   * @param durationMs the spread of the durations of the successful tasks
   * @param skewRatio the longest task's duration over the median
   * @param records the spread of the records that the successful tasks read, from files and
   *     shuffles: uneven if the data is skewed, even if only a disk or a host was slow
   * @param bytes the same in bytes
   * @param slowest the successful task that took longest; null where there was none
   */
  public record Stage(
      int stageId,
      int attempt,
      String name,
      String jobGroup,
      int tasks,
      int failedTasks,
      Spread durationMs,
      double skewRatio,
      Spread records,
      Spread bytes,
      Task slowest,
      Task heaviest,
      long recordsRead,
      long recordsWritten,
      long bytesRead,
      long bytesWritten,
      long shuffleReadBytes,
      long shuffleWriteBytes,
      long spillMemoryBytes,
      long spillDiskBytes,
      long gcMs,
      long peakExecutionMemoryBytes) {}

  /** A successful task of a stage: which partition, where, how long and what it read. */
  public record Task(
      int partition, String host, long durationMs, long records, long bytes, long gcMs) {}

  /** The distribution of a metric over the tasks of a stage. */
  public record Spread(long min, long p50, long p95, long max) {}

  /** Heap peaks; null where not seen. */
  public record Memory(Long driverHeapPeakBytes, Long executorHeapPeakBytes) {}

  /** A timer's statistics, in milliseconds. */
  public record Timer(long count, double meanMs, double p95Ms, double maxMs) {}
}
