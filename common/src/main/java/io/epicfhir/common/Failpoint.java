package io.epicfhir.common;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A named point of the code at which a test can have the process die as by {@code kill -9}: start
 * the JVM with {@code -Depicfhir.failpoint=NAME:N} and the N-th arrival at that point is its end.
 * Without the property a point costs nothing.
 */
public final class Failpoint {
  private static final String[] ARMED = System.getProperty("epicfhir.failpoint", "").split(":", 2);
  private static final AtomicInteger LEFT =
      new AtomicInteger(ARMED.length == 2 ? Integer.parseInt(ARMED[1]) : 1);

  /** A shell's exit status of a process that was killed: 128 + SIGKILL. */
  private static final int KILLED = 137;

  private Failpoint() {}

  /** Marks a point; dies here where it is the armed one. Nothing is flushed, no hook runs. */
  public static void at(String name) {
    if (ARMED[0].equals(name) && LEFT.decrementAndGet() == 0) {
      Runtime.getRuntime().halt(KILLED);
    }
  }
}
