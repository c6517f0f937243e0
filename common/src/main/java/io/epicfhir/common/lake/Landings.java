package io.epicfhir.common.lake;

import io.epicfhir.common.Json;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** The landings of a lake, one small file each: {@code state/landings/<export id>.json}. */
public final class Landings {
  private final Lake lake;

  /** The landings of this lake. */
  public Landings(Lake lake) {
    this.lake = lake;
  }

  /** Makes an export's files visible, in one step; replaces what the same export showed before. */
  public void publish(Landing landing) {
    lake.write(file(landing.exportId()), Json.write(landing));
  }

  /** The landing of an export, where it has landed. */
  public Optional<Landing> find(String exportId) {
    Path file = file(exportId);
    return lake.read(file).map(text -> Json.read(text, Landing.class, file.toString()));
  }

  /** All landings, oldest export first. */
  public List<Landing> all() {
    return lake.list(lake.paths().state("landings")).stream()
        .map(f -> f.getPath().getName())
        .filter(name -> name.endsWith(".json"))
        .map(name -> find(name.substring(0, name.length() - ".json".length())))
        .flatMap(Optional::stream)
        .sorted(Comparator.comparing(Landing::transactionTime).thenComparing(Landing::exportId))
        .toList();
  }

  /**
   * Hides an export's files again, because they are no longer what the landing says; the landing
   * itself is kept aside.
   */
  public void withdraw(Landing landing) {
    lake.move(
        file(landing.exportId()),
        lake.paths()
            .state(
                "landings-withdrawn/"
                    + landing.exportId()
                    + "-"
                    + landing.landedAt().toEpochMilli()
                    + ".json"));
  }

  /** Every landing that was ever withdrawn, in no order. */
  public List<Landing> withdrawn() {
    return lake.list(lake.paths().state("landings-withdrawn")).stream()
        .map(FileStatus::getPath)
        .filter(file -> file.getName().endsWith(".json"))
        .map(file -> lake.read(file).map(text -> Json.read(text, Landing.class, file.toString())))
        .flatMap(Optional::stream)
        .toList();
  }

  private Path file(String exportId) {
    return lake.paths().state("landings/" + exportId + ".json");
  }
}
