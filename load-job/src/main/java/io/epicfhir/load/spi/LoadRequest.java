package io.epicfhir.load.spi;

import java.time.Duration;
import java.util.function.Supplier;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * What a target is to do with a view.
 *
 * @param view the version to load
 * @param rows its rows
 * @param expected how many they are
 * @param patience how long to wait for those who hold the table; zero: fail with {@link TableBusy}
 *     rather than wait
 * @param warning why the table does not simply follow its view, for a person; empty where it does
 */
public record LoadRequest(
    ViewSnapshot view,
    Supplier<Dataset<Row>> rows,
    long expected,
    Duration patience,
    String warning) {

  /** The same, where this is why. */
  public LoadRequest because(String why) {
    return new LoadRequest(view, rows, expected, patience, why);
  }
}
