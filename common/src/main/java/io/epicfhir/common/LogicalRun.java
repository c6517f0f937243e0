package io.epicfhir.common;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * One task's try within one run of a DAG.
 *
 * @param dagId the DAG's id
 * @param runId the run's id, the same for every try
 * @param taskId the task's id
 * @param tryNumber 1 for the first try
 * @param intervalStart start of the data interval; equals the end where a run has none
 * @param intervalEnd end of the data interval, or the time a manual run was asked for
 */
public record LogicalRun(
    String dagId,
    String runId,
    String taskId,
    int tryNumber,
    Instant intervalStart,
    Instant intervalEnd) {

  /** The UTC date that bronze is partitioned by. */
  public LocalDate extractionDate() {
    return intervalEnd.atZone(ZoneOffset.UTC).toLocalDate();
  }

  /**
   * Whether the run stands for a stretch of time; a manual run stands for the moment it was asked.
   */
  public boolean hasInterval() {
    return intervalStart.isBefore(intervalEnd);
  }

  /** What names the run whatever its task and try: the key of locks and of deterministic ids. */
  public String key() {
    return dagId + "/" + runId;
  }
}
