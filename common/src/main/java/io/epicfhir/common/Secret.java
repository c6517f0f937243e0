package io.epicfhir.common;

import java.util.Objects;

/** A password or key that never shows itself in a log, a report or an exception. */
public final class Secret {
  private final String value;

  /** Wraps a secret text. */
  public Secret(String value) {
    this.value = Objects.requireNonNull(value);
  }

  /** The secret itself, for the one call that needs it. */
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "***";
  }
}
