package io.epicfhir.transform.joined;

import io.epicfhir.common.Json;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/** The Delta table of one SQLView: its log, its state, and whether it is what its SQL gives. */
final class JoinedTable {
  private final Lake lake;
  private final SqlView view;
  private final KeptTable kept;
  private final String hash;

  /**
   * @param marked whether a table that it reads marks rows of labelled resources
   */
  JoinedTable(Lake lake, SqlView view, boolean marked) {
    this.lake = lake;
    this.view = view;
    this.kept = new KeptTable(lake, lake.paths().joined(view.name()));
    this.hash = marked ? Sha256.hex(view.hash() + "marked") : view.hash();
  }

  SqlView view() {
    return view;
  }

  KeptTable kept() {
    return kept;
  }

  /** What this pipeline left of the table. */
  KeptTable.Left<JoinedState> left() {
    return KeptTable.left(lake, stateFile(), JoinedState.class);
  }

  /** What somebody else did to it since. */
  Optional<String> strange(JoinedState left) {
    return kept.strange(left.deltaVersion(), left.identity());
  }

  /** Whether the table has later rows than the state knows. */
  boolean isAhead(JoinedState left) {
    return kept.isAhead(left.deltaVersion());
  }

  boolean isOfThisDefinition(JoinedState state) {
    return state.definitionHash().equals(hash);
  }

  /** The state after a run whose newest commit is this one. */
  JoinedState state(long version, List<JoinedState.Read> reads) {
    var now = kept.log().snapshot().orElseThrow();
    return new JoinedState(
        view.name(),
        hash,
        reads,
        version,
        kept.log().identity(version).orElse(""),
        now.rows().orElse(-1),
        now.bytes());
  }

  JoinedState keep(JoinedState state) {
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  private Path stateFile() {
    return lake.paths().state("joined/" + view.name() + ".json");
  }
}
