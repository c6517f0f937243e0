package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.Json;
import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * Which exports a run works on, one a group: {@code state/runs/<id>.json}. Usually its own; another
 * run's where that one left an export of the same request unfinished.
 */
public final class RunExports {
  private final Lake lake;
  private final LogicalRun run;

  /** One group's export. */
  public record One(String group, String exportId) {}

  /** The run's exports, in the order of the groups. */
  record All(String runKey, List<One> exports) implements StateFile {}

  /** The exports of the run. */
  public RunExports(Lake lake, LogicalRun run) {
    this.lake = lake;
    this.run = run;
  }

  /** The export of a group, where it is decided. */
  public Optional<String> of(String group) {
    return all().stream().filter(e -> e.group().equals(group)).map(One::exportId).findFirst();
  }

  /** Every export that is decided. */
  public List<One> all() {
    return lake.read(file())
        .map(text -> Json.read(text, All.class, file().toString()).exports())
        .orElse(List.of());
  }

  /** Decides the export of a group. */
  public void decide(String group, String exportId) {
    List<One> exports = new ArrayList<>(all());
    exports.removeIf(e -> e.group().equals(group));
    exports.add(new One(group, exportId));
    lake.write(file(), Json.write(new All(run.key(), exports)));
  }

  private Path file() {
    return lake.paths().state("runs/" + ExportId.of(run, "") + ".json");
  }
}
