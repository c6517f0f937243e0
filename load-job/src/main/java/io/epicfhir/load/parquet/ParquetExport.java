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
 * @param warning what a person must hear of it, a sentence a line, or empty
 * @param toldBy the logical run whose report has that; empty where none has it yet. An earlier
 *     release left this out, and told it by the run that wrote the export
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
    String warning,
    String toldBy)
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
        view, rows, columns, files, content, before, loadedAt, now, runKey, warning, toldBy);
  }

  /** The same rows of a lake that has moved. */
  ParquetExport movedTo(String lake) {
    ViewVersion moved = new ViewVersion(lake, view.tableId(), view.number(), view.commit());
    return new ParquetExport(
        moved,
        rows,
        columns,
        files,
        content,
        before,
        loadedAt,
        verifiedAt,
        runKey,
        warning,
        toldBy);
  }

  /** What a run has to tell: what no report has yet, and what an earlier try of it told. */
  List<String> warnings(String run) {
    String told = toldBy == null ? runKey : toldBy;
    boolean tells = told == null || told.isEmpty() || told.equals(run);
    return warning == null || !tells ? List.of() : warning.lines().toList();
  }

  /** Whether its sentences are among these, and no report has had them before. */
  boolean waitsFor(List<String> sentences) {
    return !warning.isEmpty() && "".equals(toldBy) && warning.lines().allMatch(sentences::contains);
  }

  /** The same rows; the report of this run tells of them. */
  ParquetExport reportedBy(String run) {
    return new ParquetExport(
        view, rows, columns, files, content, before, loadedAt, verifiedAt, runKey, warning, run);
  }
}
