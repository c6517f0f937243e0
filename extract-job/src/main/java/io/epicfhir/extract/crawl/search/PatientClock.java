package io.epicfhir.extract.crawl.search;

import com.codahale.metrics.Timer;
import java.util.concurrent.TimeUnit;

/** How long the searches of each patient take, from the first request to the last answer. */
public final class PatientClock {
  private final long[] begun;
  private final int[] left;
  private final int searches;
  private final Timer timer;
  private int finished;

  public PatientClock(int patients, int searches, Timer timer) {
    this.begun = new long[patients];
    this.left = new int[patients];
    this.searches = searches;
    this.timer = timer;
  }

  /** One more search of the unit's patient is to be done. */
  synchronized void expect(int unit) {
    left[unit / searches]++;
  }

  synchronized void begin(int unit) {
    int patient = unit / searches;
    begun[patient] = begun[patient] == 0 ? System.nanoTime() : begun[patient];
  }

  synchronized void end(int unit) {
    int patient = unit / searches;
    left[patient]--;
    if (left[patient] == 0) {
      finished++;
      timer.update(System.nanoTime() - begun[patient], TimeUnit.NANOSECONDS);
    }
  }

  /** Patients whose last search this process has ended. */
  public synchronized int finished() {
    return finished;
  }
}
