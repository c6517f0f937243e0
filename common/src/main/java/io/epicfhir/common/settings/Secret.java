package io.epicfhir.common.settings;

import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;

/** A password or key that never shows itself in a log, a report or an exception. */
public final class Secret {
  private final String value;

  /** Wraps a secret text. */
  public Secret(String value) {
    this.value = Objects.requireNonNull(value);
  }

  /**
   * The secret that a file holds.
   *
   * @throws IllegalArgumentException whose message says what was expected of the file
   */
  static Secret inFile(Path file) {
    try {
      if (Files.exists(file) && FileReaders.sharedWithOthers(file)) {
        throw new IllegalArgumentException("a file that only its owner can read (chmod 600)");
      }
      return new Secret(Files.readString(file).strip());
    } catch (IOException e) {
      throw new IllegalArgumentException("a readable file that holds the secret", e);
    }
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
