package io.epicfhir.load.parquet;

import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LeftBehind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The same in exported Parquet files: folders that are no longer true go, the true ones are read.
 */
public final class ParquetPurge {
  private final Lake lake;
  private final LoadSettings settings;
  private final OptOuts optOuts;

  public ParquetPurge(Lake lake, LoadSettings settings, OptOuts optOuts) {
    this.lake = lake;
    this.settings = settings;
    this.optOuts = optOuts;
  }

  /**
   * Does it.
   *
   * @param problem told of views whose files could not be looked through, or still name somebody
   * @return how many folders went, by view
   */
  @SuppressWarnings("try") // the lock is held, not used
  public Map<String, Long> run(Consumer<JobException> problem) {
    Map<String, Long> gone = new TreeMap<>();
    ParquetFolder folder = new ParquetFolder(lake, new Path(settings.exportFolder()));
    try (RunLock lock = RunLock.acquire(lake, "load", settings.lockPatience())) {
      for (String view : folder.views()) {
        attempt(problem, () -> count(gone, view, purge(folder, view)));
      }
      folder.unnamed().forEach((view, files) -> attempt(problem, () -> forget(gone, view, files)));
    }
    return gone;
  }

  private static void attempt(Consumer<JobException> problem, Runnable work) {
    try {
      work.run();
    } catch (JobException e) {
      problem.accept(e);
    }
  }

  private static void count(Map<String, Long> gone, String view, long folders) {
    if (folders > 0) {
      gone.put(view, folders);
    }
  }

  private void forget(Map<String, Long> gone, String view, List<Path> files) {
    files.forEach(lake::delete);
    count(gone, view, files.size());
  }

  private long purge(ParquetFolder folder, String view) {
    Path current = folder.at(folder.stored(view).orElseThrow().files());
    long gone = 0;
    for (FileStatus version : lake.list(folder.at(view))) {
      if (!version.getPath().getName().equals(current.getName())) {
        lake.delete(version.getPath());
        gone++;
      }
    }
    for (FileStatus file : lake.list(current)) {
      boolean data = file.getPath().getName().endsWith(".parquet");
      if (data
          && ParquetRows.any(
              lake.hadoop(), file.getPath(), row -> ParquetRows.isAbout(row, optOuts.row(view)))) {
        throw LeftBehind.in(file.getPath().toString());
      }
    }
    return gone;
  }
}
