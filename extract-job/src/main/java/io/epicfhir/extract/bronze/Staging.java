package io.epicfhir.extract.bronze;

import io.epicfhir.common.LogicalRun;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/** Where an export's files lie between the server and bronze. */
public final class Staging {
  private Staging() {}

  /**
   * Puts what could not be taken in where it stays, whether the rest lands or not; then removes
   * what an earlier attempt at the same export had put there. Doing it twice does no harm, also in
   * a run of another day: an export keeps the folder that it was given first.
   *
   * @return the folders
   */
  public static List<String> quarantine(
      Lake lake, LogicalRun run, String exportId, List<StagedFile> files) {
    List<Path> folders = quarantineFolders(lake, exportId);
    Path folder =
        folders.isEmpty()
            ? lake.paths().quarantine(run.extractionDate(), exportId)
            : folders.get(0);
    Set<Path> mine = new TreeSet<>();
    for (StagedFile file : files) {
      Path from = new Path(file.path());
      String name = exportId + "-" + from.getName();
      Path to =
          folders.stream()
              .map(known -> new Path(known, name))
              .filter(known -> lake.length(known).isPresent())
              .findFirst()
              .orElseGet(() -> new Path(folder, name));
      lake.moveOnce(from, to);
      mine.add(to);
    }
    for (Path known : folders) {
      if (mine.stream().noneMatch(file -> file.getParent().equals(known))) {
        lake.delete(known);
      } else {
        lake.list(known).stream()
            .map(file -> new Path(known, file.getPath().getName()))
            .filter(file -> !mine.contains(file))
            .forEach(lake::delete);
      }
    }
    return mine.stream().map(file -> file.getParent().toString()).distinct().toList();
  }

  /** Where a staged file of that name is in quarantine, if an earlier try has put it there. */
  static Optional<Path> quarantined(Lake lake, String name) {
    return lake.list(lake.paths().at("quarantine")).stream()
        .filter(day -> day.getPath().getName().startsWith("extraction_date="))
        .flatMap(day -> lake.list(day.getPath()).stream())
        .flatMap(export -> lake.list(export.getPath()).stream())
        .map(FileStatus::getPath)
        .filter(file -> file.getName().endsWith("-" + name))
        .findFirst();
  }

  /** Where files of an export are in quarantine: the folder of the day of its first attempt. */
  private static List<Path> quarantineFolders(Lake lake, String exportId) {
    return lake.list(lake.paths().at("quarantine")).stream()
        .map(day -> day.getPath().getName())
        .filter(day -> day.startsWith("extraction_date="))
        .map(day -> lake.paths().at("quarantine/" + day + "/export_id=" + exportId))
        .filter(folder -> !lake.list(folder).isEmpty())
        .toList();
  }

  /**
   * Removes files of this export that its landing does not show: an attempt that broke off left
   * them.
   *
   * @param read the landing as it was read: transform and an erasure may have replaced it since
   */
  public static void removeUnseen(Lake lake, Landing read) {
    KeptOut.removeUnnamed(lake, read);
    List<Path> ofExport = new ArrayList<>();
    for (FileStatus type : lake.list(lake.paths().at("bronze"))) {
      for (FileStatus date : lake.list(type.getPath())) {
        lake.list(date.getPath()).stream()
            .map(FileStatus::getPath)
            .filter(file -> file.getName().startsWith(read.exportId() + "-"))
            .forEach(ofExport::add);
      }
    }
    Landing landing = new Landings(lake).find(read.exportId()).orElse(read);
    Set<String> shown = new HashSet<>();
    landing.files().forEach(file -> shown.add(lake.paths().at(file.path()).getName()));
    ofExport.stream().filter(file -> !shown.contains(file.getName())).forEach(lake::delete);
  }
}
