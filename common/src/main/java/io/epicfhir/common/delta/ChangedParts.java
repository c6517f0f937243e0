package io.epicfhir.common.delta;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.roaringbitmap.RoaringBitmap;

/**
 * Which rows of which files the commits between two versions of a table brought or took, by the log
 * alone. Rows that only moved from one file to another are not among them.
 */
public final class ChangedParts {
  private final TableLog log;
  private final List<Part> parts = new ArrayList<>();

  /**
   * Rows of a file that came or went together.
   *
   * @param file as the commit has it; of one that went, as it was before
   * @param commit the version that brought or took them
   * @param gone whether they went
   * @param only positions of the rows that are meant; empty where all live rows of the file are
   */
  public record Part(DataFile file, long commit, boolean gone, Optional<RoaringBitmap> only) {}

  private ChangedParts(TableLog log) {
    this.log = log;
  }

  /**
   * Empty where that is not known: the log, or a deletion vector, is cleaned up; a commit wrote the
   * table's columns anew and nobody says that they are the same; or it moved rows and took others
   * without saying which.
   *
   * @param sameColumns whether a schema that a commit wrote is the one that the table has now
   */
  public static Optional<List<Part>> between(
      TableLog log, long fromExclusive, long toInclusive, Predicate<String> sameColumns) {
    ChangedParts changed = new ChangedParts(log);
    return log.changes(fromExclusive, toInclusive)
        .filter(
            commits ->
                commits.stream()
                    .allMatch(
                        commit ->
                            commit.schemaJson().filter(sameColumns.negate()).isEmpty()
                                && changed.takes(commit)))
        .map(commits -> changed.parts);
  }

  /** Whether a commit's rows can be determined from its files. */
  private boolean takes(CommitFiles commit) {
    Map<String, DataFile> removed = new HashMap<>();
    for (CommitFiles.Change change : commit.removed()) {
      if (change.dataChange()) {
        removed.put(change.file().path(), change.file());
      }
    }
    boolean moved = false;
    for (CommitFiles.Change change : commit.added()) {
      if (!change.dataChange()) {
        moved = true;
        continue;
      }
      DataFile before = removed.remove(change.file().path());
      boolean taken =
          before == null
              ? takesAll(change.file(), commit.version(), false)
              : marks(before, change.file(), commit.version());
      if (!taken) {
        return false;
      }
    }
    for (DataFile file : removed.values()) {
      if (!(moved ? leaves(file, commit) : takesAll(file, commit.version(), true))) {
        return false;
      }
    }
    return true;
  }

  private boolean takesAll(DataFile file, long commit, boolean gone) {
    parts.add(new Part(file, commit, gone, Optional.empty()));
    return log.deletedRows(file).isPresent();
  }

  /** A file that went, and some of whose rows moved. */
  private boolean leaves(DataFile file, CommitFiles commit) {
    RoaringBitmap rows = commit.leftOut().get(file.path());
    if (rows != null && !rows.isEmpty()) {
      parts.add(new Part(file, commit.version(), true, Optional.of(rows)));
    }
    return rows != null;
  }

  /** A file of which other rows are deleted now. */
  private boolean marks(DataFile before, DataFile after, long commit) {
    Optional<RoaringBitmap> old = log.deletedRows(before);
    Optional<RoaringBitmap> now = log.deletedRows(after);
    if (old.isEmpty() || now.isEmpty()) {
      return false;
    }
    RoaringBitmap went = RoaringBitmap.andNot(now.get(), old.get());
    RoaringBitmap came = RoaringBitmap.andNot(old.get(), now.get());
    if (!went.isEmpty()) {
      parts.add(new Part(after, commit, true, Optional.of(went)));
    }
    if (!came.isEmpty()) {
      parts.add(new Part(after, commit, false, Optional.of(came)));
    }
    return true;
  }
}
