package io.epicfhir.transform.lookups;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.Json;
import io.epicfhir.common.delta.DamagedLog;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.TableSignature;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/** The Delta table of one lookup, and its state. */
final class LookupTable {
  private final Lake lake;
  private final String name;
  private final KeptTable kept;

  LookupTable(Lake lake, String name) {
    this.lake = lake;
    this.name = name;
    this.kept = new KeptTable(lake, lake.paths().lookup(name));
  }

  KeptTable kept() {
    return kept;
  }

  /** What a run left of it. */
  KeptTable.Left<LookupState> left() {
    return KeptTable.left(lake, stateFile(), LookupState.class);
  }

  /** The same; empty where it cannot be read. */
  Optional<LookupState> known() {
    try {
      return left().state();
    } catch (JobException e) {
      if (e.exitCode() == ExitCode.SETTINGS) {
        return Optional.empty(); // a newer pipeline's
      }
      throw e;
    }
  }

  /**
   * What is known of a table that stays as it is; empty where somebody else changed it, or where
   * its log cannot be read: then nobody can read its rows.
   */
  Optional<LookupState> lastGood() {
    try {
      return known()
          .filter(state -> kept.strange(state.deltaVersion(), state.identity()).isEmpty())
          .map(state -> kept.isAhead(state.deltaVersion()) ? newest(state, kept.log()) : state);
    } catch (DamagedLog e) {
      return Optional.empty();
    }
  }

  /** After a kill between commit and state the rows are those of the commit. */
  private static LookupState newest(LookupState state, TableLog log) {
    long version = TableSignature.content(log).orElseThrow();
    TableSnapshot now = log.snapshot().orElseThrow();
    return state.at(
        version, log.identity(version).orElse(""), now.rows().orElse(state.rows()), now.bytes());
  }

  LookupState keep(LookupState state) {
    lake.write(stateFile(), Json.write(state));
    return state;
  }

  Path stateFile() {
    return lake.paths().state("lookups/" + name + ".json");
  }
}
