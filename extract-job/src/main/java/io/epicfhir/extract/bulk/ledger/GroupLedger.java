package io.epicfhir.extract.bulk.ledger;

import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The newest export of a group, whichever run asked for it: {@code state/groups/<group>.json}.
 * Servers export a group once in so many hours; what was asked for and not fetched must be found
 * again.
 */
public final class GroupLedger {
  private final Lake lake;

  /** The newest kick-off of a group. */
  public record Newest(String group, String exportId, Instant askedAt) implements StateFile {}

  /** The groups of a lake. */
  public GroupLedger(Lake lake) {
    this.lake = lake;
  }

  /** The newest kick-off of the group. */
  public Optional<Newest> newest(String group) {
    Path file = file(group);
    return lake.read(file).map(text -> Json.read(text, Newest.class, file.toString()));
  }

  /** The groups of which an export was ever asked for, whether it has landed or not. */
  List<String> asked() {
    List<String> groups = new ArrayList<>();
    for (FileStatus file : lake.list(file("").getParent())) {
      String name = file.getPath().getName();
      if (name.endsWith(".json") && !name.endsWith(".joined.json")) {
        lake.read(file.getPath())
            .map(text -> Json.read(text, Newest.class, file.getPath().toString()).group())
            .ifPresent(groups::add);
      }
    }
    return groups;
  }

  /** Notes a kick-off. */
  public void note(Newest newest) {
    lake.write(file(newest.group()), Json.write(newest));
  }

  private Path file(String group) {
    return lake.paths().state("groups/" + ExportId.of(group) + ".json");
  }
}
