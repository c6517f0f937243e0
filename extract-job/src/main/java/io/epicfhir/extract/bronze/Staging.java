package io.epicfhir.extract.bronze;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** Where an export's files lie between the server and bronze. */
public final class Staging {
  private Staging() {}

  /**
   * Puts what could not be taken in where it stays, whether the rest lands or not; then removes
   * what an earlier attempt at the same export had put there. Doing it twice does no harm.
   *
   * @return the folders, relative to the lake
   */
  public static List<String> quarantine(
      Lake lake, LogicalRun run, String exportId, List<StagedFile> files) {
    Path folder = lake.paths().quarantine(run.extractionDate(), exportId);
    Set<String> mine = new HashSet<>();
    for (StagedFile file : files) {
      Path from = new Path(file.path());
      Path to = new Path(folder, exportId + "-" + from.getName());
      lake.moveOnce(from, to);
      mine.add(to.getName());
    }
    for (FileStatus file : lake.list(folder)) {
      if (!mine.contains(file.getPath().getName())) {
        lake.delete(file.getPath());
      }
    }
    return mine.isEmpty() ? List.of() : List.of(folder.toString());
  }

  /**
   * Removes files of this export that a landing does not show: an attempt that broke off left them.
   */
  public static void removeUnseen(Lake lake, Landing landing) {
    Set<String> shown = new HashSet<>();
    landing.files().forEach(file -> shown.add(lake.paths().at(file.path()).getName()));
    for (FileStatus type : lake.list(lake.paths().at("bronze"))) {
      for (FileStatus date : lake.list(type.getPath())) {
        for (FileStatus file : lake.list(date.getPath())) {
          String name = file.getPath().getName();
          if (name.startsWith(landing.exportId() + "-") && !shown.contains(name)) {
            lake.delete(file.getPath());
          }
        }
      }
    }
  }
}
