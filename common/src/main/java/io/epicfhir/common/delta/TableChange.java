package io.epicfhir.common.delta;

import io.delta.kernel.data.Row;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.SingleAction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Files that come and go in one commit.
 *
 * @param readVersion the version from which the change was computed
 * @param add files of new rows
 * @param copies files of rows that stay
 * @param remove the files that go, as that version has them
 * @param mark files that stay with more of their rows deleted
 */
record TableChange(
    Path table,
    long readVersion,
    List<NewFile> add,
    CopiedRows copies,
    List<DataFile> remove,
    List<DataFile> mark) {

  /**
   * The change's actions against a version.
   *
   * @param commits what was committed after the version that was read, or empty where that is not
   *     known any more
   * @param live the files of the version that the change is to build on
   * @throws CommitConflict where the change is not right any more
   */
  List<Row> actions(Optional<List<CommitFiles>> commits, List<AddFile> live) {
    commits
        .orElseThrow(() -> conflict("the commits after " + readVersion + " are not in its log"))
        .stream()
        .filter(CommitFiles::changesTable)
        .findFirst()
        .ifPresent(
            commit -> {
              throw conflict(
                  "someone else committed version "
                      + commit.version()
                      + " after version "
                      + readVersion
                      + " was read");
            });
    Map<String, AddFile> byPath = new HashMap<>();
    live.forEach(file -> byPath.put(FileActions.file(file).path(), file));
    List<Row> actions = new ArrayList<>(removes(byPath));
    actions.addAll(marks(byPath));
    add.forEach(file -> actions.add(FileActions.add(file)));
    actions.addAll(FileActions.add(copies));
    return actions;
  }

  /** Of the log's own actions, so that nothing that they say of a file is lost with it. */
  private List<Row> removes(Map<String, AddFile> byPath) {
    List<Row> removes = new ArrayList<>();
    for (DataFile file : remove) {
      AddFile found = byPath.get(file.path());
      if (found == null
          || !FileActions.file(found).deletionVector().equals(file.deletionVector())) {
        throw conflict("someone else removed one of its files, or deleted rows in it");
      }
      removes.add(removed(found));
    }
    return removes;
  }

  /** The file as it was goes, and comes back with another deletion vector. */
  private List<Row> marks(Map<String, AddFile> byPath) {
    List<Row> marks = new ArrayList<>();
    for (DataFile file : mark) {
      AddFile found = byPath.get(file.path());
      if (found == null) {
        throw conflict("someone else removed one of its files");
      }
      marks.add(removed(found));
      marks.add(FileActions.marked(found, file.deletionVector().orElseThrow()));
    }
    return marks;
  }

  private static Row removed(AddFile file) {
    return SingleAction.createRemoveFileSingleAction(
        file.toRemoveFileRow(true, Optional.of(System.currentTimeMillis())));
  }

  Map<String, String> metrics() {
    List<NewFile> all = new ArrayList<>(add);
    all.addAll(copies.files());
    return metrics(all, remove);
  }

  /** The counts that Spark would leave with such a commit. */
  static Map<String, String> metrics(List<NewFile> added, List<DataFile> removed) {
    Map<String, String> metrics = new HashMap<>();
    metrics.put("numFiles", String.valueOf(added.size()));
    metrics.put("numOutputRows", String.valueOf(added.stream().mapToLong(NewFile::rows).sum()));
    metrics.put("numOutputBytes", String.valueOf(added.stream().mapToLong(NewFile::bytes).sum()));
    metrics.put("numRemovedFiles", String.valueOf(removed.size()));
    metrics.put(
        "numRemovedBytes", String.valueOf(removed.stream().mapToLong(DataFile::bytes).sum()));
    return metrics;
  }

  CommitConflict conflict(String why) {
    return new CommitConflict(table, why);
  }

  /** Whether there is anything to look up in the table's files. */
  boolean removesFiles() {
    return !remove.isEmpty() || !mark.isEmpty();
  }

  /** The number of the version that Kernel's snapshot is of, against the one that was read. */
  boolean isOlder(SnapshotImpl snapshot) {
    return snapshot.getVersion() < readVersion;
  }
}
