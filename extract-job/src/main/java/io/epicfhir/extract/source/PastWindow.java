package io.epicfhir.extract.source;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.job.JobContext;
import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.Optional;

/**
 * The data interval of a run, as far as a server can serve it: no server gives back what its
 * records were at a past time, so whatever is asked for reaches up to now.
 */
public final class PastWindow {
  private final JobContext context;
  private final Instant now;

  /** Of the context's run. */
  public PastWindow(JobContext context, Instant now) {
    this.context = context;
    this.now = now;
  }

  /** Where the run's interval ends; a manual run has none, and always asks the server. */
  public Optional<Instant> end() {
    LogicalRun run = context.run();
    return run.hasInterval() ? Optional.of(run.intervalEnd()) : Optional.empty();
  }

  /** Says that nothing is asked for. */
  public void covered(String group, Landing by) {
    context
        .recorder()
        .note(
            "\"%s\": export %s of %s already covers this run's interval, which ends at %s;"
                    .formatted(
                        group, by.exportId(), by.transactionTime(), context.run().intervalEnd())
                + " nothing is requested from the server.");
  }

  /**
   * Says up front what a run of the past will bring.
   *
   * @param since from when on changes are asked for; null for everything
   */
  public void asking(String group, Instant since) {
    LogicalRun run = context.run();
    Instant oneLater = run.intervalEnd().plusMillis(intervalMillis());
    if (run.hasInterval() && oneLater.isBefore(now)) {
      context
          .recorder()
          .note(
              "\"%s\": a single past day cannot be requested, so this run requests %s up to"
                      .formatted(
                          group,
                          since == null
                              ? "everything (a full export)"
                              : "the changes since " + since)
                  + " now. Runs for other past days use this export and request nothing.");
    }
  }

  private long intervalMillis() {
    return context.run().intervalEnd().toEpochMilli()
        - context.run().intervalStart().toEpochMilli();
  }
}
