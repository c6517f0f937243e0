package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Every Delta table of the lake, no matter who made it: silver, views, joined tables, those to
 * come.
 */
final class DeltaTables {
  private static final Set<String> NO_TABLES =
      Set.of("bronze", "quarantine", "state", "metrics", "audit", "traces");
  private static final int DEEPEST = 3;

  private DeltaTables() {}

  static List<Path> of(Lake lake) {
    List<Path> tables = new ArrayList<>();
    for (FileStatus folder : lake.list(lake.paths().at(""))) {
      if (folder.isDirectory() && !NO_TABLES.contains(folder.getPath().getName())) {
        collect(lake, folder.getPath(), tables, 1);
      }
    }
    return tables;
  }

  private static void collect(Lake lake, Path folder, List<Path> tables, int depth) {
    if (lake.exists(new Path(folder, "_delta_log"))) {
      tables.add(folder);
    } else if (depth < DEEPEST) {
      for (FileStatus below : lake.list(folder)) {
        if (below.isDirectory()) {
          collect(lake, below.getPath(), tables, depth + 1);
        }
      }
    }
  }
}
