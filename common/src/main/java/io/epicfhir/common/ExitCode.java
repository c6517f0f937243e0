package io.epicfhir.common;

/** How a job ends, as the number that the scheduler sees; the numbers are a contract. */
public enum ExitCode {
  /** Everything asked for was done. */
  DONE(0),
  /** A defect of the pipeline itself. */
  DEFECT(1),
  /** Settings or arguments cannot be used; no retry helps. */
  SETTINGS(2),
  /** The server or a policy said no; no retry helps. */
  REFUSED(3),
  /** The source did not answer within all retries; a later retry may help. */
  UNAVAILABLE(4),
  /** Counts do not reconcile or too much is in quarantine; no retry helps. */
  DATA_REFUSED(5),
  /** Storage or database is not there; a later retry may help. */
  STORAGE(6);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  /** The process's exit status, 0 to 6. */
  public int number() {
    return number;
  }
}
