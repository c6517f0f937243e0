package io.epicfhir.transform;

import io.epicfhir.common.SettingsFile;
import io.epicfhir.common.SettingsReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The settings of this phase.
 *
 * @param views the folder of ViewDefinitions
 * @param parallelTables how many resource types are worked on side by side
 * @param writing how changes go into a table
 * @param lockPatience how long to wait for another writer of the tables
 */
record TransformSettings(
    Path views, int parallelTables, WriteSettings writing, Duration lockPatience) {

  /** Reads the block {@code transform}; every problem in it is told at once. */
  static TransformSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("transform");
    Path views = reader.path("views");
    if (!Files.isDirectory(views)) {
      reader.problem("views", views.toString(), "an existing folder of ViewDefinitions");
    }
    TransformSettings settings =
        new TransformSettings(
            views,
            reader.number("parallel-tables", 1, 64),
            WriteSettings.from(reader),
            reader.duration("lock-patience"));
    reader.check();
    return settings;
  }
}
