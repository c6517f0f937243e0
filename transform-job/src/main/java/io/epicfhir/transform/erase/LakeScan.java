package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Looks through every file of the lake for who is on the list: Parquet by its values, and by its
 * bytes for what stands in the footer; packed files unpacked; all others as they are. A file that
 * cannot be read is a finding of its own: then nobody knows.
 */
final class LakeScan {
  private final Lake lake;
  private final OptOuts optOuts;
  private final Map<String, Long> found = new TreeMap<>();
  private final Map<String, Long> unreadable = new TreeMap<>();
  private long files;

  /**
   * What came of it.
   *
   * @param files looked through
   * @param found files that name somebody on the list, by folder of the lake
   * @param unreadable files that could not be read, likewise
   */
  record Result(long files, Map<String, Long> found, Map<String, Long> unreadable) {
    boolean isClean() {
      return found.isEmpty() && unreadable.isEmpty();
    }
  }

  LakeScan(Lake lake, OptOuts optOuts) {
    this.lake = lake;
    this.optOuts = optOuts;
  }

  Result run() {
    List<Path> all =
        LakeFiles.below(lake, lake.paths().at("")).stream()
            .filter(file -> !file.getName().endsWith(".crc") || !file.getName().startsWith("."))
            .toList();
    all.parallelStream().forEach(this::look);
    return new Result(files, Map.copyOf(found), Map.copyOf(unreadable));
  }

  private void look(Path file) {
    boolean names = false;
    boolean failed = false;
    try {
      names = names(file, optOuts.copy());
    } catch (IOException | RuntimeException e) {
      failed = true; // whatever is wrong with it: it is counted, and the proof fails
    }
    synchronized (this) {
      files++;
      if (names) {
        found.merge(layer(file), 1L, Long::sum);
      }
      if (failed) {
        unreadable.merge(layer(file), 1L, Long::sum);
      }
    }
  }

  private boolean names(Path file, OptOuts mine) throws IOException {
    byte[] place = below(file).getBytes(StandardCharsets.UTF_8);
    byte[] bytes = FileText.of(lake, file);
    if (mine.in(place, 0, place.length) || mine.in(bytes, 0, bytes.length)) {
      return true;
    }
    if (!file.getName().endsWith(".parquet")) {
      return false;
    }
    String type = partition(file);
    String table = table(file);
    return ParquetRows.any(
        lake.hadoop(),
        file,
        row ->
            table.isEmpty() ? names(row, type, mine) : ParquetRows.isAbout(row, mine.row(table)));
  }

  /** A resource of another patient that refers to a resource of hers is no find. */
  private static boolean names(Group row, String type, OptOuts mine) {
    boolean resource = row.getType().containsField("id") && row.getType().containsField("resource");
    if (type.isEmpty() || type.equals("Bundle") || !resource) {
      return ParquetRows.anyText(row, text -> mine.in(text, 0, text.length));
    }
    String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
    byte[] text = ParquetRows.bytes(row, "resource");
    boolean another = type.equals("Patient") && mine.in(text, 0, text.length);
    return another || mine.keepsOut(type, id, text, 0, text.length);
  }

  /** The table whose columns show what the ids are of; empty if there is none. */
  private String table(Path file) {
    String[] steps = below(file).split("/", -1);
    boolean table = steps.length > 3 && (steps[1].equals("views") || steps[1].equals("joined"));
    return table ? steps[2] : "";
  }

  private String below(Path file) {
    String path = file.toUri().getPath();
    String root = new Path(lake.paths().root()).toUri().getPath();
    return path.substring(Math.min(root.length(), path.length()));
  }

  /** The resource type of a partition's folder; empty where there is none. */
  private static String partition(Path file) {
    for (Path up = file.getParent(); up != null; up = up.getParent()) {
      if (up.getName().startsWith("resource_type=")) {
        return up.getName().substring("resource_type=".length());
      }
    }
    return "";
  }

  /** The first folder below the lake, and the table's name below views and the like. */
  private String layer(Path file) {
    String[] steps = below(file).split("/", -1);
    String table = table(file);
    return table.isEmpty() ? steps.length > 1 ? steps[1] : below(file) : steps[1] + "/" + table;
  }
}
