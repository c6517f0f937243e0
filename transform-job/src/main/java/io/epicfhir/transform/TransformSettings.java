package io.epicfhir.transform;

import io.epicfhir.common.settings.SettingsFile;
import io.epicfhir.common.settings.SettingsReader;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.joined.JoinedSettings;
import io.epicfhir.transform.silver.DeletionBound;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;

/**
 * The settings of this phase.
 *
 * @param views the folder of ViewDefinitions
 * @param vectors when changed rows are marked instead of copying the others
 * @param bound how many resources may go without a server's word
 * @param leaveOut views that leave out the resources that do not fit, instead of stopping
 * @param joined joined tables and lookups
 * @param inProcessBelow a change of fewer bytes is worked on in this process, without Spark
 * @param lockPatience how long to wait for another writer of the tables
 */
record TransformSettings(
    Path views,
    DeletionVectors vectors,
    DeletionBound bound,
    Set<String> leaveOut,
    JoinedSettings joined,
    long inProcessBelow,
    Duration lockPatience) {
  /** As conf/pipeline.conf has it. */
  private static final long SMALL = 8L << 20;

  /** Reads the block {@code transform}; every problem in it is reported at once. */
  static TransformSettings from(SettingsFile file) {
    SettingsReader reader = file.reader("transform").except("care", "joined", "security-labels");
    Path views = reader.path("views");
    if (!Files.isDirectory(views)) {
      reader.problem("views", views.toString(), "an existing folder of ViewDefinitions");
    }
    SettingsReader joined = file.reader("transform.joined");
    TransformSettings settings =
        new TransformSettings(
            views,
            reader.choice("deletion-vectors", DeletionVectors.class),
            DeletionBound.from(reader),
            reader.has("leave-out") ? new TreeSet<>(reader.texts("leave-out")) : Set.of(),
            reader.has("joined") ? JoinedSettings.from(joined) : JoinedSettings.NONE,
            reader.has("in-process-below") ? reader.bytes("in-process-below") : SMALL,
            reader.duration("lock-patience"));
    reader.and(joined).check();
    return settings;
  }
}
