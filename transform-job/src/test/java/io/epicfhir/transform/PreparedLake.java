package io.epicfhir.transform;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.commons.io.FileUtils;

/** A lake that many tests begin with: it is made once, and copied. */
final class PreparedLake {
  private Path made;

  /** Copies the lake into this folder, and makes it before where it is not there yet. */
  void copyTo(Path folder, Consumer<Path> making) {
    try {
      if (made == null) {
        made = Files.createTempDirectory("prepared-lake");
        making.accept(made);
      }
      FileUtils.copyDirectory(made.toFile(), folder.toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void close() {
    FileUtils.deleteQuietly(made == null ? null : made.toFile());
    made = null;
  }
}
