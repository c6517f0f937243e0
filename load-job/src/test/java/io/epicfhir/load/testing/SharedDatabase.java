package io.epicfhir.load.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** One PostgreSQL for all tests of a JVM; each test takes schemas of its own. */
public final class SharedDatabase {
  private static final AtomicInteger SCHEMAS = new AtomicInteger();

  private SharedDatabase() {}

  private static final class Holder {
    private static final EmbeddedDatabase DATABASE = start();

    private static EmbeddedDatabase start() {
      try {
        Path folder = Files.createTempDirectory("epic-fhir-pg");
        EmbeddedDatabase database =
            EmbeddedDatabase.start(folder.resolve("data"), 0, EmbeddedDatabase.Durability.NONE);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(database, folder)));
        return database;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** The database, started at the first call. */
  public static EmbeddedDatabase database() {
    return Holder.DATABASE;
  }

  /** A schema's name that no other test has. */
  public static String newSchema() {
    return "test_" + SCHEMAS.incrementAndGet();
  }

  private static void end(EmbeddedDatabase database, Path folder) {
    try (var files = Files.walk(folder)) {
      database.close();
      files.sorted(java.util.Comparator.reverseOrder()).map(Path::toFile).forEach(f -> f.delete());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
