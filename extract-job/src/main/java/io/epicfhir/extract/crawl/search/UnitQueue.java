package io.epicfhir.extract.crawl.search;

import java.util.Optional;

/** The searches that are still to be done, each given to one worker, in the order of patients. */
public final class UnitQueue {
  private final Units units;
  private final UnitRun run;
  private final PatientClock clock;
  private int next;

  public UnitQueue(Units units, UnitRun run, PatientClock clock) {
    this.units = units;
    this.run = run;
    this.clock = clock;
    for (int unit = 0; unit < units.total(); unit++) {
      if (!units.done(unit)) {
        clock.expect(unit);
      }
    }
  }

  /** The next one; empty where none is left. */
  public synchronized Optional<Runnable> next() {
    while (next < units.total() && units.done(next)) {
      next++;
    }
    if (next == units.total()) {
      return Optional.empty();
    }
    int unit = next++;
    return Optional.of(
        () -> {
          clock.begin(unit);
          run.run(unit);
          clock.end(unit);
        });
  }
}
