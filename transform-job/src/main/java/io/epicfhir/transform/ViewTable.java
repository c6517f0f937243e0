package io.epicfhir.transform;

import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.common.delta.CommitFiles;
import io.epicfhir.common.delta.CommitInfo;
import io.epicfhir.common.delta.TableDefinition;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.silver.SilverState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;

/** The Delta table of one view: its log, its state, and whether it is what silver gives. */
final class ViewTable {
  /** Older than every version of silver. */
  static final long NOTHING = -1;

  private final Lake lake;
  private final ViewPlan plan;
  private final Path path;
  private final TableLog log;

  ViewTable(Lake lake, ViewPlan plan) {
    this.lake = lake;
    this.plan = plan;
    this.path = lake.paths().view(plan.name());
    this.log = TableLog.of(lake, path);
  }

  Path path() {
    return path;
  }

  TableLog log() {
    return log;
  }

  ViewPlan plan() {
    return plan;
  }

  /**
   * The table before a run.
   *
   * @param from its state, where its rows can be brought up to date; empty where they must be built
   *     anew
   * @param strange what somebody else did to it, which is one reason for that
   */
  record Found(Optional<ViewState> from, Optional<String> strange) {
    /** Whether the table is what silver gives already. */
    boolean isCurrent(SilverState.TypeState silver) {
      return from.filter(state -> state.silverVersion() >= silver.contentVersion()).isPresent();
    }
  }

  /** Looks at its state and its log. */
  Found look(SilverState silver, String type) {
    Optional<ViewState> left = left();
    Optional<String> strange = left.flatMap(this::strange);
    Optional<ViewState> from =
        left.filter(state -> strange.isEmpty())
            .filter(state -> state.definitionHash().equals(plan.hash()))
            .filter(state -> state.silverTable().equals(silver.tableId()))
            .filter(state -> state.silverVersion() <= silver.deltaVersion())
            // Of what silver held then no row is left: what went with it nobody says.
            .filter(state -> state.silverVersion() >= silver.of(type).oldestVersion());
    return new Found(from, strange);
  }

  private Optional<String> strange(ViewState state) {
    OptionalLong newest = log.version();
    if (newest.isEmpty()) {
      return Optional.of("its table is gone");
    }
    if (newest.getAsLong() < state.deltaVersion()) {
      return Optional.of(
          "its newest commit is %d, where there was a commit %d"
              .formatted(newest.getAsLong(), state.deltaVersion()));
    }
    Optional<String> identity = log.identity(state.deltaVersion());
    if (identity.isPresent() && !identity.get().equals(state.identity())) {
      return Optional.of("commit %d is another one than it was".formatted(state.deltaVersion()));
    }
    Optional<List<CommitFiles>> commits = log.changes(state.deltaVersion(), newest.getAsLong());
    if (commits.isEmpty()) {
      return Optional.of(
          "commits after %d are no longer in its log".formatted(state.deltaVersion()));
    }
    return commits.get().stream()
        .filter(CommitFiles::changesTable)
        .map(commit -> log.info(commit.version()))
        .flatMap(Optional::stream)
        .filter(info -> !TableSignature.isOurs(info))
        .findFirst()
        .map(ViewTable::somebodyElses);
  }

  private static String somebodyElses(CommitInfo info) {
    return "commit %d (%s) is somebody else's".formatted(info.version(), info.operation());
  }

  /** What this pipeline left of the table. */
  Optional<ViewState> left() {
    return lake.read(stateFile())
        .map(text -> Json.read(text, ViewState.class, stateFile().toString()));
  }

  ViewState keep(ViewState state) {
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  private Path stateFile() {
    return lake.paths().state("views/" + plan.name() + ".json");
  }

  TableDefinition definition(boolean deletionVectors) {
    return new TableDefinition(
        plan.schema().json(),
        plan.description(),
        Map.of(
            // No minimum and maximum of patient data in the log; only how many rows a file has.
            "delta.dataSkippingNumIndexedCols",
            "0",
            "delta.enableDeletionVectors",
            String.valueOf(deletionVectors)),
        List.of());
  }

  /** Removes what a writer left that never came to its first commit; it is no table. */
  void removeLeftovers() {
    if (log.version().isEmpty() && lake.exists(path)) {
      lake.delete(path);
    }
  }
}
