package io.epicfhir.common.lake;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Asks again and again until an answer is yes or patience ends. */
final class Waiting {
  /** A question to a file system. */
  interface Question {
    boolean yes() throws IOException;
  }

  private Waiting() {}

  static boolean until(Question question, Duration patience, Duration pause) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!question.yes()) {
      if (System.nanoTime() >= deadline) {
        return false;
      }
      try {
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      }
    }
    return true;
  }
}
