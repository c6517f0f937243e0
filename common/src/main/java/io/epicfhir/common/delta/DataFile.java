package io.epicfhir.common.delta;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;

/**
 * A Parquet file of a table, as a version has it.
 *
 * @param path relative to the table's folder, not encoded; absolute where the table is a clone
 * @param partitionValues the partition columns' values as Delta writes them; null is a null
 * @param bytes the file's length, 0 where a removed file's is not known
 * @param rows the rows without the deleted ones; empty where the file has no count
 * @param deletionVector which of its rows are deleted
 * @param ranges smallest and largest value of the whole-number columns that the log knows them of
 */
public record DataFile(
    String path,
    Map<String, String> partitionValues,
    long bytes,
    OptionalLong rows,
    Optional<DeletionVector> deletionVector,
    Map<String, NewFile.Range> ranges) {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._=-]*");

  /** Takes copies of the maps. */
  public DataFile {
    ranges = Map.copyOf(ranges);
    partitionValues = Collections.unmodifiableMap(new LinkedHashMap<>(partitionValues));
  }

  /**
   * Where the positions of a file's deleted rows are kept, in the words of the Delta protocol.
   *
   * @param storageType u, p or i
   * @param pathOrInlineDv the place, or the vector itself
   * @param offset where it begins in its file
   * @param sizeInBytes its length
   * @param cardinality how many rows are deleted
   * @see <a
   *     href="https://github.com/delta-io/delta/blob/master/PROTOCOL.md#deletion-vector-descriptor-schema">
   *     Deletion Vector Descriptor Schema</a>
   */
  public record DeletionVector(
      String storageType,
      String pathOrInlineDv,
      Optional<Integer> offset,
      int sizeInBytes,
      long cardinality) {}

  /** How many of the file's rows are deleted. */
  public long deletedRows() {
    return deletionVector.map(DeletionVector::cardinality).orElse(0L);
  }

  /** The same file with other rows deleted. */
  public DataFile with(DeletionVector vector) {
    OptionalLong physical =
        rows.isPresent() ? OptionalLong.of(rows.getAsLong() + deletedRows()) : rows;
    OptionalLong left =
        physical.isPresent()
            ? OptionalLong.of(physical.getAsLong() - vector.cardinality())
            : physical;
    return new DataFile(path, partitionValues, bytes, left, Optional.of(vector), ranges);
  }

  /** Whether its path is the name that Spark's column of file names has for it. */
  public boolean isNamedPlainly() {
    return PLAIN.matcher(path).matches();
  }

  /** The file's full path. */
  public Path in(Path table) {
    return new Path(table, path);
  }
}
