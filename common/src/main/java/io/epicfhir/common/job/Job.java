package io.epicfhir.common.job;

import io.epicfhir.common.JobException;

/** One phase's work within one task. */
public interface Job {
  /** The phase's name in the run report, for example {@code transform}. */
  String phase();

  /** Whether a record of it belongs into the audit log; not of one that moves no patient data. */
  default boolean audited() {
    return true;
  }

  /** Where the data goes, for the audit log: the lake, unless the job says otherwise. */
  default String destination(JobContext context) {
    return context.lake().paths().root();
  }

  /**
   * Its end has a record in the lake's audit log; a job that keeps a copy elsewhere makes it here.
   *
   * @throws JobException where it cannot, which makes a run that was green red
   */
  default void recorded(JobContext context) {}

  /**
   * Its run report is written; a job that keeps what nobody has read yet notes here what the report
   * has. Where it cannot, the next report says it once more.
   */
  default void reported(JobContext context) {}

  /**
   * Does the work; returns when it is durable.
   *
   * @throws JobException with the exit code that tells the scheduler what to do
   */
  void run(JobContext context) throws Exception;
}
