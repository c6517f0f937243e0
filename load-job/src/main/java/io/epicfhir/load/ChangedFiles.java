package io.epicfhir.load;

import io.epicfhir.common.Lake;
import io.epicfhir.common.delta.CommitFiles;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.DataType;

/** Which rows of which files the commits between two versions of a view table brought or took. */
final class ChangedFiles {
  /** More files than this are not looked for one by one. */
  private static final int MOST_FILES = 500;

  /** More positions of single rows than this are not handed to Spark. */
  private static final int MOST_POSITIONS = 1_000_000;

  /** Names that mean the same in a path and in Spark's column of file names. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._=-]*");

  private final TableLog log;
  private final ViewSnapshot view;
  private final List<Part> parts = new ArrayList<>();
  private long rows;
  private long positions;

  /**
   * Rows of a file that came or went together.
   *
   * @param commit the Delta version that brought or took them
   * @param gone whether they went
   * @param only whether they are those at the positions; else all others
   * @param positions of rows in the file, from 0
   */
  record Part(DataFile file, long commit, boolean gone, boolean only, List<Long> positions) {
    String fileName() {
      return file.path();
    }
  }

  private ChangedFiles(TableLog log, ViewSnapshot view) {
    this.log = log;
    this.view = view;
  }

  /**
   * Empty where the way from there is not known any more (log or files are cleaned up), where the
   * columns changed on it, or where it is longer than a load of the whole table would be.
   *
   * @param since an earlier version of the same table
   * @param most how many rows are worth the way
   */
  static Optional<List<Part>> since(Lake lake, ViewSnapshot view, long since, long most) {
    TableLog log = TableLog.of(lake, view.path());
    ChangedFiles changed = new ChangedFiles(log, view);
    return log.changes(since, view.version())
        .filter(commits -> view.isPlain())
        .filter(commits -> commits.stream().allMatch(changed::takes))
        .filter(commits -> changed.rows <= most && changed.positions <= MOST_POSITIONS)
        .filter(commits -> changed.filesAreThere(lake))
        .map(commits -> changed.parts);
  }

  /** Whether a commit's rows can be told from its files. */
  private boolean takes(CommitFiles commit) {
    if (commit.schemaJson().filter(schema -> !isViews(schema)).isPresent()) {
      return false;
    }
    Map<String, DataFile> removed = new HashMap<>();
    for (CommitFiles.Change change : commit.removed()) {
      if (change.dataChange()) {
        removed.put(change.file().path(), change.file());
      }
    }
    for (CommitFiles.Change change : commit.added()) {
      DataFile before = change.dataChange() ? removed.remove(change.file().path()) : null;
      boolean taken =
          !change.dataChange()
              || (before == null
                  ? takes(change.file(), commit.version(), false)
                  : takes(before, change.file(), commit.version()));
      if (!taken) {
        return false;
      }
    }
    return removed.values().stream().allMatch(file -> takes(file, commit.version(), true));
  }

  private boolean isViews(String schemaJson) {
    return DataType.fromJson(schemaJson).equals(view.schema());
  }

  /** A file that is new, or is no longer there: all its rows but the deleted ones. */
  private boolean takes(DataFile file, long commit, boolean gone) {
    Optional<long[]> deleted = log.deletedPositions(file);
    if (deleted.isEmpty() || (file.rows().isEmpty() && !gone)) {
      return false;
    }
    rows += gone ? 0 : file.rows().getAsLong();
    add(new Part(file, commit, gone, false, Arrays.stream(deleted.get()).boxed().toList()));
    return true;
  }

  /** A file of which other rows are deleted now. */
  private boolean takes(DataFile before, DataFile after, long commit) {
    Optional<long[]> old = log.deletedPositions(before);
    Optional<long[]> now = log.deletedPositions(after);
    if (old.isEmpty() || now.isEmpty()) {
      return false;
    }
    List<Long> went = without(now.get(), old.get());
    List<Long> came = without(old.get(), now.get());
    rows += went.size() + came.size();
    if (!went.isEmpty()) {
      add(new Part(after, commit, true, true, went));
    }
    if (!came.isEmpty()) {
      add(new Part(after, commit, false, true, came));
    }
    return true;
  }

  private void add(Part part) {
    parts.add(part);
    positions += part.positions().size();
  }

  private static List<Long> without(long[] all, long[] sorted) {
    return Arrays.stream(all).filter(row -> Arrays.binarySearch(sorted, row) < 0).boxed().toList();
  }

  /** VACUUM may have taken what a later commit removed. */
  private boolean filesAreThere(Lake lake) {
    Set<String> needed = parts.stream().map(Part::fileName).collect(Collectors.toSet());
    if (needed.size() > MOST_FILES || !needed.stream().allMatch(n -> NAME.matcher(n).matches())) {
      return false;
    }
    Set<String> there = new HashSet<>();
    lake.list(view.path()).forEach(file -> there.add(file.getPath().getName()));
    return there.containsAll(needed);
  }
}
