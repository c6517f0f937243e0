package io.epicfhir.common.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.spark.executor.TaskMetrics;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.scheduler.SparkListenerStageExecutorMetrics;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.StageInfo;
import org.apache.spark.scheduler.TaskInfo;

/**
 * Turns Spark's task and stage events into the report's stages. Names of stages are call sites and
 * job groups, never plans.
 */
public final class StageRecorder extends SparkListener {
  private final Map<Integer, String> jobGroups = new HashMap<>();
  private final Map<Long, Tasks> running = new HashMap<>();
  private final List<RunReport.Stage> finished = new ArrayList<>();
  private Long executorHeapPeak;

  /** What one attempt's successful tasks took and read, and how many others there were. */
  private static final class Tasks {
    private final List<Long> millis = new ArrayList<>();
    private final List<Long> records = new ArrayList<>();
    private final List<Long> bytes = new ArrayList<>();
    private RunReport.Task slowest;
    private RunReport.Task heaviest;
    private int failed;

    private void add(TaskInfo task, TaskMetrics m) {
      long recordsRead = m.inputMetrics().recordsRead() + m.shuffleReadMetrics().recordsRead();
      long bytesRead = m.inputMetrics().bytesRead() + m.shuffleReadMetrics().totalBytesRead();
      millis.add(task.duration());
      records.add(recordsRead);
      bytes.add(bytesRead);
      RunReport.Task one =
          new RunReport.Task(
              task.partitionId(),
              task.host(),
              task.duration(),
              recordsRead,
              bytesRead,
              m.jvmGCTime());
      slowest = slowest == null || one.durationMs() > slowest.durationMs() ? one : slowest;
      heaviest = heaviest == null || readsMore(one, heaviest) ? one : heaviest;
    }

    /** By bytes, and if a source does not report bytes, by records. */
    private static boolean readsMore(RunReport.Task one, RunReport.Task other) {
      return one.bytes() == other.bytes()
          ? one.records() > other.records()
          : one.bytes() > other.bytes();
    }
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart start) {
    Properties properties = start.properties();
    String group = properties == null ? null : properties.getProperty("spark.jobGroup.id");
    start.stageIds().foreach(id -> jobGroups.put((Integer) id, group == null ? "" : group));
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd end) {
    Tasks tasks =
        running.computeIfAbsent(key(end.stageId(), end.stageAttemptId()), k -> new Tasks());
    if (end.taskInfo().successful()) {
      tasks.add(end.taskInfo(), end.taskMetrics());
    } else {
      tasks.failed++;
    }
    long heap =
        end.taskExecutorMetrics() == null
            ? 0
            : end.taskExecutorMetrics().getMetricValue("JVMHeapMemory");
    sawExecutorHeap(heap);
  }

  @Override
  public synchronized void onStageExecutorMetrics(SparkListenerStageExecutorMetrics metrics) {
    sawExecutorHeap(metrics.executorMetrics().getMetricValue("JVMHeapMemory"));
  }

  @Override
  public synchronized void onStageCompleted(SparkListenerStageCompleted completed) {
    StageInfo info = completed.stageInfo();
    Tasks tasks = running.remove(key(info.stageId(), info.attemptNumber()));
    finished.add(stage(info, tasks == null ? new Tasks() : tasks));
  }

  public synchronized List<RunReport.Stage> finished() {
    return List.copyOf(finished);
  }

  synchronized Long executorHeapPeak() {
    return executorHeapPeak;
  }

  private RunReport.Stage stage(StageInfo info, Tasks tasks) {
    RunReport.Spread spread = spread(tasks.millis);
    TaskMetrics m = info.taskMetrics();
    return new RunReport.Stage(
        info.stageId(),
        info.attemptNumber(),
        info.name(),
        jobGroups.getOrDefault(info.stageId(), ""),
        info.numTasks(),
        tasks.failed,
        spread,
        spread.p50() == 0 ? 1.0 : (double) spread.max() / spread.p50(),
        spread(tasks.records),
        spread(tasks.bytes),
        tasks.slowest,
        tasks.heaviest,
        m.inputMetrics().recordsRead(),
        m.outputMetrics().recordsWritten(),
        m.inputMetrics().bytesRead(),
        m.outputMetrics().bytesWritten(),
        m.shuffleReadMetrics().totalBytesRead(),
        m.shuffleWriteMetrics().bytesWritten(),
        m.memoryBytesSpilled(),
        m.diskBytesSpilled(),
        m.jvmGCTime(),
        m.peakExecutionMemory());
  }

  /** Nearest-rank percentiles of a figure that each successful task has. */
  static RunReport.Spread spread(List<Long> figures) {
    if (figures.isEmpty()) {
      return new RunReport.Spread(0, 0, 0, 0);
    }
    long[] sorted = figures.stream().mapToLong(Long::longValue).toArray();
    Arrays.sort(sorted);
    return new RunReport.Spread(
        sorted[0], rank(sorted, 0.5), rank(sorted, 0.95), sorted[sorted.length - 1]);
  }

  private static long rank(long[] sorted, double share) {
    return sorted[Math.max(0, (int) Math.ceil(share * sorted.length) - 1)];
  }

  private void sawExecutorHeap(long bytes) {
    if (bytes > 0) {
      executorHeapPeak = executorHeapPeak == null ? bytes : Math.max(executorHeapPeak, bytes);
    }
  }

  private static long key(int stage, int attempt) {
    return ((long) stage << 32) | attempt;
  }
}
