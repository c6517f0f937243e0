package io.epicfhir.load.parquet;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;

/**
 * What a person must hear of exported views. A sentence is written in the same step as the export
 * that hides what it is about, and waits there until the report of a run that is judged has it,
 * whichever run that is: the one that found it may be an erasure's, which has no page, or may have
 * been killed.
 */
public final class ParquetWarnings {
  private final ParquetFolder folder;
  private final String runKey;

  ParquetWarnings(ParquetFolder folder, String runKey) {
    this.folder = folder;
    this.runKey = runKey;
  }

  /** The report of a run that is judged has these sentences. Waits for another loader. */
  @SuppressWarnings("try") // the lock is held, not used
  public static void reported(
      LoadSettings settings, Lake lake, String runKey, List<String> sentences) {
    ParquetFolder folder = new ParquetFolder(lake, new Path(settings.exportFolder()));
    try (RunLock lock = RunLock.acquire(lake, "load", settings.lockPatience())) {
      for (String view : folder.views()) {
        folder
            .read(view)
            .filter(export -> export.waitsFor(sentences))
            .ifPresent(export -> folder.write(view, export.reportedBy(runKey)));
      }
    }
  }

  /** All that this run's report must have. */
  List<String> toTell() {
    return folder.views().stream()
        .map(folder::read)
        .flatMap(Optional::stream)
        .flatMap(export -> export.warnings(runKey).stream())
        .toList();
  }

  /**
   * The sentences of an export, a line each: why it is written, and what waits of the one before.
   *
   * @param last what was exported before
   * @param damaged whether that is unknown, as the view's manifest says nothing
   */
  String of(LoadRequest request, Optional<ParquetExport> last, boolean damaged) {
    String why =
        damaged
            ? "The file %s.json did not say which files are exported: someone edited it, or it is damaged. The view was exported in full."
                .formatted(folder.at(request.view().name()))
            : request.warning();
    Stream<String> before = last.stream().flatMap(export -> export.warnings(runKey).stream());
    return Stream.concat(before, why.lines()).distinct().collect(Collectors.joining("\n"));
  }
}
