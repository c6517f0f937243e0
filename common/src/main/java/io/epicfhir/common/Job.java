package io.epicfhir.common;

/** One phase's work within one task. */
public interface Job {
  /** The phase's name in the run report, for example {@code transform}. */
  String phase();

  /** Whether a record of it belongs into the audit log; not of one that moves no patient data. */
  default boolean audited() {
    return true;
  }

  /**
   * Does the work; returns when it is durable.
   *
   * @throws JobException with the exit code that tells the scheduler what to do
   */
  void run(JobContext context) throws Exception;
}
