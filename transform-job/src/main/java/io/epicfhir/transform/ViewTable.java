package io.epicfhir.transform;

import io.epicfhir.common.Json;
import io.epicfhir.common.delta.TableDefinition;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.silver.SilverState;
import java.util.Optional;
import java.util.function.LongFunction;
import org.apache.hadoop.fs.Path;

/** The Delta table of one view: its log, its state, and whether it is what silver gives. */
final class ViewTable {
  /** Older than every version of silver. */
  static final long NOTHING = -1;

  private final Lake lake;
  private final ViewPlan plan;
  private final KeptTable kept;

  ViewTable(Lake lake, ViewPlan plan) {
    this.lake = lake;
    this.plan = plan;
    this.kept = new KeptTable(lake, lake.paths().view(plan.name()));
  }

  Path path() {
    return kept.path();
  }

  TableLog log() {
    return kept.log();
  }

  ViewPlan plan() {
    return plan;
  }

  /**
   * The table before a run.
   *
   * @param from its state, where its rows can be brought up to date; empty where they must be built
   *     anew
   * @param strange what happened to it that its state does not know, which is one reason for that
   */
  record Found(Optional<ViewState> from, Optional<String> strange) {
    /** Whether the table is what silver gives already. */
    boolean isCurrent(long contentVersion) {
      return from.filter(state -> state.silverVersion() >= contentVersion).isPresent();
    }
  }

  /**
   * Looks at its state and its log.
   *
   * @param identities of silver's commits, where its log still has them
   */
  Found look(SilverState silver, String type, LongFunction<Optional<String>> identities) {
    KeptTable.Left<ViewState> read = KeptTable.left(lake, stateFile(), ViewState.class);
    Optional<ViewState> left = read.state();
    Optional<String> strange = read.unread().or(() -> left.flatMap(kept::differs));
    SilverState.TypeState ofType = silver.of(type);
    Optional<ViewState> from =
        left.filter(state -> strange.isEmpty())
            .filter(state -> state.definitionHash().equals(plan.hash()))
            .filter(state -> state.silverTable().equals(silver.tableId()))
            .filter(state -> state.silverVersion() <= silver.deltaVersion())
            .filter(state -> isOf(state, identities.apply(state.silverVersion())))
            .filter(state -> !ofType.equals(SilverState.TypeState.NONE) || !state.hasResources())
            // Of what silver held then no row is left: what went with it nobody says.
            .filter(state -> state.silverVersion() >= ofType.oldestVersion());
    return new Found(from, strange);
  }

  /** Whether the view is of that commit, as far as silver's log tells. */
  private static boolean isOf(ViewState state, Optional<String> commit) {
    return commit.filter(identity -> !identity.equals(state.silverIdentity())).isEmpty();
  }

  ViewState keep(ViewState state) {
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  private Path stateFile() {
    return lake.paths().state("views/" + plan.name() + ".json");
  }

  TableDefinition definition(boolean deletionVectors) {
    return KeptTable.definition(plan.schema(), plan.description(), deletionVectors);
  }

  /** Removes what a writer left that never came to its first commit; it is no table. */
  void removeLeftovers() {
    kept.removeLeftovers();
  }
}
