package io.epicfhir.common.lake;

import io.epicfhir.common.StateFile;
import io.epicfhir.common.report.RunReport;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What makes an export's bronze files visible: the list of them, written in one step after they are
 * all in place and counted. Readers take only files that a landing names.
 *
 * @param exportId the export
 * @param group the group whose export it was
 * @param transactionTime the server's time of the export: the order of exports, and the next
 *     export's {@code _since}
 * @param since only what changed after this time was asked for; null for all
 * @param landedAt when this landing was written, by this machine's clock
 * @param runKey the logical run that landed it
 * @param files the bronze files, none of them shared with another landing
 * @param completeTypes the resource types of which the export holds all that its source has, so
 *     that what it lacks is gone there; {@link #ALL_TYPES} for every type
 * @param inferredDeletions whether the deletions are conclusions of this pipeline (a search no
 *     longer finds the resource), and not the server's own word
 * @param report what the run report said of the export as it landed, for later tries, which count
 *     nothing of it; null in landings of before
 * @param keptOut which resources the export has that did not land, because they are of patients
 *     whose records stay out; null where there are none, and in landings of before
 * @param removed how many rows an erasure or the retention of bronze has taken out of the files
 *     since: with them they have what the report says
 */
public record Landing(
    String exportId,
    String group,
    Instant transactionTime,
    Instant since,
    Instant landedAt,
    String runKey,
    List<File> files,
    List<String> completeTypes,
    boolean inferredDeletions,
    Report report,
    KeptOut keptOut,
    List<Removed> removed)
    implements StateFile {
  /**
   * What a row's {@code source_file} begins with where the server's own list says that resources
   * are deleted.
   */
  public static final String DELETED_FILES = "deleted/";

  /** In {@link #completeTypes}: every resource type. */
  public static final String ALL_TYPES = "*";

  /** Files that were written before a component was there say nothing of it. */
  public Landing {
    files = files == null ? List.of() : List.copyOf(files);
    completeTypes = completeTypes == null ? List.of() : List.copyOf(completeTypes);
    removed = removed == null ? List.of() : List.copyOf(removed);
  }

  /** A landing of which nothing was counted yet. */
  public Landing(
      String exportId,
      String group,
      Instant transactionTime,
      Instant since,
      Instant landedAt,
      String runKey,
      List<File> files,
      List<String> completeTypes,
      boolean inferredDeletions) {
    this(
        exportId,
        group,
        transactionTime,
        since,
        landedAt,
        runKey,
        files,
        completeTypes,
        inferredDeletions,
        null,
        null,
        List.of());
  }

  /** A landing that does not say what exists: an incremental export, or one with errors. */
  public Landing(
      String exportId,
      String group,
      Instant transactionTime,
      Instant since,
      Instant landedAt,
      String runKey,
      List<File> files) {
    this(exportId, group, transactionTime, since, landedAt, runKey, files, List.of(), false);
  }

  /** The same landing with its files, as they are shown at a moment. */
  public Landing shown(Instant at, List<File> shownFiles) {
    return with(at, shownFiles, report, keptOut, removed);
  }

  /** The same landing after rows were taken out of its files. */
  public Landing reduced(List<File> left, Instant at) {
    Map<Removed, Long> rows = new HashMap<>();
    files.forEach(file -> rows.merge(Removed.of(file), file.rows(), Long::sum));
    left.forEach(file -> rows.merge(Removed.of(file), -file.rows(), Long::sum));
    Map<Removed, Removed> gone = new HashMap<>();
    removed.forEach(one -> gone.merge(one.of(0, null), one, Removed::and));
    rows.forEach(
        (one, number) -> {
          if (number > 0) {
            gone.merge(one, one.of(number, at), Removed::and);
          }
        });
    return with(
        landedAt,
        left,
        report,
        keptOut,
        gone.values().stream()
            .sorted(Comparator.comparing(Removed::resourceType).thenComparing(Removed::kind))
            .toList());
  }

  /** The same landing with what the run report says of it. */
  public Landing reported(Report told) {
    return with(landedAt, files, told, keptOut, removed);
  }

  /** The same landing with other words about what exists and what is gone. */
  public Landing saying(List<String> complete, boolean inferred) {
    return new Landing(
        exportId,
        group,
        transactionTime,
        since,
        landedAt,
        runKey,
        files,
        complete,
        inferred,
        report,
        keptOut,
        removed);
  }

  /** The same landing with the list of what stayed out. */
  public Landing keepingOut(KeptOut list) {
    return with(landedAt, files, report, list, removed);
  }

  /**
   * Whether it says of single resources that they are gone, or are none of the tables' any more.
   */
  public boolean removes() {
    return keptOut != null || files.stream().anyMatch(file -> file.kind() == Kind.DELETIONS);
  }

  private Landing with(
      Instant at,
      List<File> itsFiles,
      Report itsReport,
      KeptOut itsKeptOut,
      List<Removed> itsRemoved) {
    return new Landing(
        exportId,
        group,
        transactionTime,
        since,
        at,
        runKey,
        itsFiles,
        completeTypes,
        inferredDeletions,
        itsReport,
        itsKeptOut,
        itsRemoved);
  }

  /** Whether the export says of a type which of its resources exist at the source. */
  public boolean isCompleteFor(String resourceType) {
    return completeTypes.contains(ALL_TYPES) || completeTypes.contains(resourceType);
  }

  /**
   * The parts of extract's run report that are about one export.
   *
   * @param resources counts by resource type
   * @param result the entries of its result that say what came and what did not
   */
  public record Report(Map<String, RunReport.Resources> resources, Map<String, Object> result) {}

  /**
   * The list of the resources that stayed out, by keyed hashes.
   *
   * @param path relative to the lake
   * @param entries resources on it
   */
  public record KeptOut(String path, long entries) {}

  /**
   * Rows that the files had once.
   *
   * @param resourceType the partition's type
   * @param rows how many
   * @param kind what they were
   * @param at when the last of them went, by this machine's clock; null where that is unknown
   */
  public record Removed(String resourceType, long rows, Kind kind, Instant at) {
    private static Removed of(File file) {
      return new Removed(file.resourceType(), 0, file.kind(), null);
    }

    private Removed of(long number, Instant time) {
      return new Removed(resourceType, number, kind, time);
    }

    private Removed and(Removed later) {
      return of(rows + later.rows, later.at);
    }
  }

  /** What the lines of a bronze file are. */
  public enum Kind {
    /** Resources of the file's type. */
    RESOURCES,
    /** Transaction Bundles whose DELETE entries say what is gone. */
    DELETIONS
  }

  /**
   * One bronze file.
   *
   * @param resourceType the partition's type
   * @param path relative to the lake
   * @param rows lines in it
   * @param bytes its size on storage
   * @param kind what its lines are
   */
  public record File(String resourceType, String path, long rows, long bytes, Kind kind) {}
}
