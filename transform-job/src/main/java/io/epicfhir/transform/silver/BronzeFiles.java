package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.transform.delta.FileRows;
import java.io.EOFException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BiFunction;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.ParquetDecodingException;
import org.apache.spark.SparkThrowable;

/**
 * Checks that bronze is what the landings say, before any table changes: each file is there, as
 * long as it was, whole, and of as many rows. By itself it reads footers only; the checksums of the
 * pages are looked at where a read has failed.
 */
public final class BronzeFiles {
  private final Lake lake;

  BronzeFiles(Lake lake) {
    this.lake = lake;
  }

  /** What is wrong with the files of some landings, by export. */
  Map<String, String> damaged(Collection<Landing> landings) {
    return damaged(landings, LandedFile::problem);
  }

  /** The same by a look at every page. */
  Map<String, String> damagedPages(Collection<Landing> landings) {
    return damaged(landings, LandedFile::pageProblem);
  }

  private Map<String, String> damaged(
      Collection<Landing> landings, BiFunction<Lake, Landing.File, Optional<String>> look) {
    Map<String, String> damaged = new ConcurrentSkipListMap<>();
    for (Landing landing : landings) {
      KeptOut.problem(lake, landing)
          .ifPresent(
              why ->
                  damaged.put(landing.exportId(), message(landing, landing.keptOut().path(), why)));
      // Footers are many small reads: on an object store they are worth asking for side by side.
      landing.files().parallelStream()
          .forEach(
              file ->
                  look.apply(lake, file)
                      .ifPresent(
                          why ->
                              damaged.putIfAbsent(
                                  landing.exportId(), message(landing, file.path(), why))));
    }
    return damaged;
  }

  /**
   * The export whose file ended a read in its middle, although its checksums are right: a length in
   * it is wrong. Empty where the failure has another cause.
   */
  Map<String, String> unreadable(Throwable failure, Collection<Landing> landings) {
    String path = null;
    boolean cut = false;
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof FileRows.Unreadable unreadable) {
        path = unreadable.file().toString();
      }
      if (cause instanceof SparkThrowable spark) {
        path = spark.getMessageParameters().getOrDefault("path", path);
      }
      cut |= cause instanceof EOFException || cause instanceof ParquetDecodingException;
    }
    Map<String, String> damaged = new TreeMap<>();
    if (cut && path != null) {
      String name = new Path(path).getName();
      for (Landing landing : landings) {
        landing.files().stream()
            .filter(file -> new Path(file.path()).getName().equals(name))
            .forEach(
                file ->
                    damaged.put(
                        landing.exportId(),
                        message(landing, file.path(), "it cannot be read completely")));
      }
    }
    return damaged;
  }

  /** What is said of a damaged file of an export. */
  public static String message(Landing landing, String file, String why) {
    return "Cannot read "
        + (file.startsWith("bronze/") ? "bronze file " : "")
        + file
        + " of export "
        + landing.exportId()
        + ": "
        + why
        + "; run the extract task of "
        + landing.runKey()
        + " again, which lands the export again";
  }
}
