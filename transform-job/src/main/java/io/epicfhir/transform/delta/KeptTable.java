package io.epicfhir.transform.delta;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.delta.CommitFiles;
import io.epicfhir.common.delta.CommitInfo;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableDefinition;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.types.StructType;

/** A Delta table that this pipeline keeps, and what somebody else may do to it. */
public final class KeptTable {
  private final Lake lake;
  private final Path path;
  private final TableLog log;

  /** The table in a folder, which need not be there. */
  public KeptTable(Lake lake, Path path) {
    this.lake = lake;
    this.path = path;
    this.log = TableLog.of(lake, path);
  }

  /** Its folder. */
  public Path path() {
    return path;
  }

  /** Its log. */
  public TableLog log() {
    return log;
  }

  /**
   * What a run left of a table.
   *
   * @param state empty where there is none, or none that can be read
   * @param unread why the file that is there says nothing; the table is to be rebuilt
   */
  public record Left<T>(Optional<T> state, Optional<String> unread) {}

  /**
   * Reads a table's state. The file only saves work: one that is half, empty or of another kind
   * counts as lost.
   *
   * @throws JobException {@link ExitCode#SETTINGS} where a newer version of the pipeline wrote it
   */
  public static <T extends TableState> Left<T> left(Lake lake, Path file, Class<T> type) {
    Optional<String> text = lake.read(file);
    try {
      Optional<T> state =
          text.map(t -> Json.read(t, type, file.toString())).filter(TableState::hasAll);
      return new Left<>(
          state, text.filter(t -> state.isEmpty()).map(t -> "its state could not be read"));
    } catch (JobException e) {
      if (e.exitCode() == ExitCode.STORAGE) {
        return new Left<>(Optional.empty(), Optional.of("its state could not be read"));
      }
      throw e;
    }
  }

  /** Why a state does not describe the table: somebody else changed it, or it has later rows. */
  public Optional<String> differs(TableState state) {
    return strange(state.deltaVersion(), state.identity())
        .or(
            () ->
                isAhead(state.deltaVersion())
                    ? Optional.of(
                        "a run was killed after its commit, before it could write the table's state")
                    : Optional.empty());
  }

  /**
   * What happened to the table since a commit of this pipeline, if it was not this pipeline.
   *
   * @param version the commit that is remembered
   * @param identity and its identity
   */
  public Optional<String> strange(long version, String identity) {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return Optional.of("the table is gone");
    }
    if (newest.getAsLong() < version) {
      return Optional.of(
          "the table's newest commit is %d, but the pipeline had written commit %d"
              .formatted(newest.getAsLong(), version));
    }
    Optional<String> found = log.identity(version);
    if (found.isPresent() && !found.get().equals(identity)) {
      return Optional.of("commit %d was replaced".formatted(version));
    }
    Optional<List<CommitFiles>> commits = log.changes(version, newest.getAsLong());
    if (commits.isEmpty()) {
      return Optional.of("commits after %d are no longer in its log".formatted(version));
    }
    return changing(commits.get())
        .map(commit -> log.info(commit.version()))
        .flatMap(Optional::stream)
        .filter(info -> !TableSignature.isOurs(info))
        .findFirst()
        .map(KeptTable::somebodyElses);
  }

  /**
   * Whether the table has later rows than the ones that are remembered: a run was killed between
   * its commit and its state file. Counts, and differences to what is remembered, are wrong then.
   *
   * @param version the commit that is remembered, of a table that nobody else changed
   */
  public boolean isAhead(long version) {
    long newest = log.version().orElse(version);
    return changing(log.changes(version, newest).orElse(List.of())).findAny().isPresent();
  }

  private static Stream<CommitFiles> changing(List<CommitFiles> commits) {
    return commits.stream().filter(CommitFiles::changesTable);
  }

  private static String somebodyElses(CommitInfo info) {
    return "commit %d (%s) was written by someone else".formatted(info.version(), info.operation());
  }

  /** What the table is made as. */
  public static TableDefinition definition(
      StructType schema, String description, boolean deletionVectors) {
    return new TableDefinition(
        schema.json(),
        description,
        Map.of(
            // No minimum and maximum of patient data in the log; only how many rows a file has.
            "delta.dataSkippingNumIndexedCols",
            "0",
            "delta.enableDeletionVectors",
            String.valueOf(deletionVectors)),
        List.of());
  }

  /** Makes the table, or another one of it, in one commit; the version. */
  public long build(TableDefinition definition, List<NewFile> files, String signature) {
    return log.version().isPresent()
        ? log.replace(definition, files, signature)
        : log.create(definition, files, signature);
  }

  /** Takes away files that no commit names. */
  public void remove(List<NewFile> files) {
    files.forEach(file -> lake.delete(new Path(path, file.path())));
    removeLeftovers();
  }

  /** Removes what a writer left that never came to its first commit; it is no table. */
  public void removeLeftovers() {
    if (log.version().isEmpty() && lake.exists(path)) {
      lake.delete(path);
    }
  }
}
