package io.epicfhir.extract;

import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import io.epicfhir.common.Landing;
import io.epicfhir.common.Landings;
import io.epicfhir.common.LogicalRun;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Moves what the tasks wrote to where it belongs. No name is ever used twice: this attempt's files
 * can be told from those of any other.
 */
final class Staging {
  private final Lake lake;
  private final ExportLedger ledger;
  private final String exportId;
  private final LogicalRun run;
  private final String attempt = UUID.randomUUID().toString().substring(0, 8);

  Staging(Lake lake, ExportLedger ledger, String exportId, LogicalRun run) {
    this.lake = lake;
    this.ledger = ledger;
    this.exportId = exportId;
    this.run = run;
  }

  /** Where this attempt's tasks write. */
  Path folder() {
    return new Path(ledger.staging(), attempt);
  }

  /** Removes what earlier attempts left. */
  void clear() {
    lake.delete(ledger.staging());
  }

  /**
   * Puts what could not be taken in where it stays, whether the rest lands or not; then removes
   * what an earlier attempt at the same export had put there.
   *
   * @return the folders, relative to the lake
   */
  List<String> quarantine(List<BinResult> results) {
    Path folder = lake.paths().quarantine(run.extractionDate(), exportId);
    Set<String> mine = new HashSet<>();
    for (BinResult result : results) {
      for (StagedFile file : result.quarantine()) {
        Path to = new Path(folder, name(file));
        lake.move(new Path(file.path()), to);
        mine.add(to.getName());
      }
    }
    removeOthers(folder, mine);
    return mine.isEmpty() ? List.of() : List.of(folder.toString());
  }

  /** Keeps what came and must not land beside the quarantine: nothing that arrived is lost. */
  void hold(List<BinResult> results) {
    Path held = heldFolder();
    for (BinResult result : results) {
      for (StagedFile file : result.bronze()) {
        lake.move(
            new Path(file.path()),
            new Path(held, "resource_type=" + file.type() + "/" + name(file)));
      }
    }
    clear();
  }

  /** Moves the bronze files to their partitions and, last, makes them visible. */
  Landing publish(List<BinResult> results, ExportLedger.Started started, Manifest manifest) {
    List<Landing.File> files = new ArrayList<>();
    for (BinResult result : results) {
      for (StagedFile file : result.bronze()) {
        String path =
            LakePaths.bronzePartition(file.type(), run.extractionDate()) + "/" + name(file);
        lake.move(new Path(file.path()), lake.paths().at(path));
        Landing.Kind kind =
            file.kind() == FileKind.DELETED ? Landing.Kind.DELETIONS : Landing.Kind.RESOURCES;
        files.add(new Landing.File(file.type(), path, file.rows(), file.bytes(), kind));
      }
    }
    Landing landing =
        new Landing(
            exportId,
            started.group(),
            manifest.transactionTime(),
            started.since(),
            Instant.now(),
            run.key(),
            files);
    new Landings(lake).publish(landing);
    lake.delete(heldFolder());
    return landing;
  }

  /**
   * Removes files of this export that a landing does not show: an attempt that broke off left them.
   */
  static void removeUnseen(Lake lake, Landing landing) {
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

  private void removeOthers(Path folder, Set<String> mine) {
    for (FileStatus file : lake.list(folder)) {
      if (!mine.contains(file.getPath().getName())) {
        lake.delete(file.getPath());
      }
    }
  }

  private Path heldFolder() {
    return new Path(lake.paths().quarantine(run.extractionDate(), exportId), "held");
  }

  private String name(StagedFile file) {
    return exportId + "-" + attempt + "-" + new Path(file.path()).getName();
  }
}
