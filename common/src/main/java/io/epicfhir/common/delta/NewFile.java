package io.epicfhir.common.delta;

import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A Parquet file that lies in the table's folder and is to become part of the table.
 *
 * @param path relative to the table's folder, not encoded
 * @param partitionValues the partition columns' values as Delta writes them; null is a null
 * @param bytes the file's length
 * @param rows how many rows it has
 * @param modifiedMillis when it was written, in milliseconds since 1970
 * @param ranges smallest and largest value of columns whose values are no patient data; they stand
 *     in the log for everybody to read
 */
public record NewFile(
    String path,
    Map<String, String> partitionValues,
    long bytes,
    long rows,
    long modifiedMillis,
    Map<String, Range> ranges)
    implements Serializable {

  /** Takes copies of the maps. */
  public NewFile {
    partitionValues = Collections.unmodifiableMap(new LinkedHashMap<>(partitionValues));
    ranges = Collections.unmodifiableMap(new LinkedHashMap<>(ranges));
  }

  /** A file of which the log knows nothing but how many rows it has. */
  public NewFile(
      String path,
      Map<String, String> partitionValues,
      long bytes,
      long rows,
      long modifiedMillis) {
    this(path, partitionValues, bytes, rows, modifiedMillis, Map.of());
  }

  /**
   * The values of a whole-number column without nulls.
   *
   * @param smallest the smallest
   * @param largest the largest
   */
  public record Range(long smallest, long largest) implements Serializable {}
}
