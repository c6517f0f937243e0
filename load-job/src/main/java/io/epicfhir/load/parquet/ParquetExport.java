package io.epicfhir.load.parquet;

import io.epicfhir.common.StateFile;
import io.epicfhir.load.spi.ViewVersion;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What {@code <view>.json} holds.
 *
 * @param view the version that it is
 * @param files the folder of the rows, within the export's folder
 * @param content the files in that folder
 * @param before the folder that was true before, or empty
 * @param loadedAt when it was written
 * @param verifiedAt when its content was last known to be the view's
 * @param runKey the logical run that wrote it
 * @param warning what a person must hear of it, or empty
 */
record ParquetExport(
    ViewVersion view,
    long rows,
    List<String> columns,
    String files,
    List<ParquetFile> content,
    String before,
    Instant loadedAt,
    Instant verifiedAt,
    String runKey,
    String warning)
    implements StateFile {

  /** Whether it says all that it should; not after an edit by hand, or from an earlier release. */
  boolean isComplete() {
    return view != null
        && Stream.of(
                view.lake(),
                view.tableId(),
                view.commit(),
                columns,
                content,
                before,
                loadedAt,
                verifiedAt,
                runKey,
                warning)
            .allMatch(Objects::nonNull);
  }

  /** The same rows, compared with their view again. */
  ParquetExport verifiedAt(Instant now) {
    return new ParquetExport(
        view, rows, columns, files, content, before, loadedAt, now, runKey, warning);
  }

  /** The same rows of a lake that has moved. */
  ParquetExport movedTo(String lake) {
    ViewVersion moved = new ViewVersion(lake, view.tableId(), view.number(), view.commit());
    return new ParquetExport(
        moved, rows, columns, files, content, before, loadedAt, verifiedAt, runKey, warning);
  }
}
