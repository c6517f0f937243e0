package io.epicfhir.load.spi;

import io.epicfhir.common.delta.ChangedParts;
import io.epicfhir.common.delta.ChangedParts.Part;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.sql.types.DataType;
import org.roaringbitmap.RoaringBitmap;

/** The changed rows of a view table, where they are worth the way of taking them in one by one. */
final class ChangedFiles {
  /** More files than this are not looked for one by one. */
  private static final int MOST_FILES = 500;

  /** More positions of single rows than this are not handed to Spark. */
  private static final int MOST_POSITIONS = 1_000_000;

  private ChangedFiles() {}

  /**
   * Empty where the way from there is not known any more (log or files are cleaned up), where the
   * columns changed on it, or where it is longer than a load of the whole table would be.
   *
   * @param since an earlier version of the same table
   * @param most how many rows are worth the way
   */
  static Optional<List<Part>> since(Lake lake, ViewSnapshot view, long since, long most) {
    return Optional.of(view)
        .filter(ViewSnapshot::isPlain)
        .flatMap(
            plain ->
                ChangedParts.between(
                    TableLog.of(lake, view.path()),
                    since,
                    plain.version(),
                    json -> DataType.fromJson(json).equals(plain.schema())))
        .filter(parts -> isFew(parts, most))
        .filter(parts -> filesAreThere(lake, view, parts));
  }

  private static boolean isFew(List<Part> parts, long most) {
    long rows = 0;
    long positions = 0;
    for (Part part : parts) {
      long listed =
          part.only()
              .map(RoaringBitmap::getLongCardinality)
              .orElseGet(() -> part.file().deletedRows());
      positions += listed;
      if (part.only().isPresent()) {
        rows += listed;
      } else if (!part.gone()) {
        rows += part.file().rows().orElse(most + 1);
      }
    }
    return rows <= most && positions <= MOST_POSITIONS;
  }

  /** VACUUM may have taken what a later commit removed. */
  private static boolean filesAreThere(Lake lake, ViewSnapshot view, List<Part> parts) {
    Set<String> needed = parts.stream().map(part -> part.file().path()).collect(Collectors.toSet());
    if (needed.size() > MOST_FILES
        || !parts.stream().map(Part::file).allMatch(DataFile::isNamedPlainly)) {
      return false;
    }
    Set<String> there = new HashSet<>();
    lake.list(view.path()).forEach(file -> there.add(file.getPath().getName()));
    return there.containsAll(needed);
  }
}
