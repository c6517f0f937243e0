package io.epicfhir.common.delta;

import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * A Delta table at one version.
 *
 * @param version the version
 * @param tableId Delta's own id; another one means that the table was replaced by a new one
 * @param schemaJson the columns with their metadata, in the JSON that Spark's and Delta's {@code
 *     StructType} share
 * @param description the table's comment, or empty
 * @param configuration the table's properties
 * @param partitionColumns in order
 * @param files all files that have the version's rows
 */
public record TableSnapshot(
    long version,
    String tableId,
    String schemaJson,
    String description,
    Map<String, String> configuration,
    List<String> partitionColumns,
    List<DataFile> files) {

  /** Takes copies. */
  public TableSnapshot {
    configuration = Map.copyOf(configuration);
    partitionColumns = List.copyOf(partitionColumns);
    files = List.copyOf(files);
  }

  /** The bytes of all files. */
  public long bytes() {
    return files.stream().mapToLong(DataFile::bytes).sum();
  }

  /** The rows of all files without the deleted ones; empty where a file has no count. */
  public OptionalLong rows() {
    return files.stream().anyMatch(file -> file.rows().isEmpty())
        ? OptionalLong.empty()
        : OptionalLong.of(files.stream().mapToLong(file -> file.rows().getAsLong()).sum());
  }

  /** Whether writers may mark rows as deleted beside the files. */
  public boolean deletionVectorsEnabled() {
    return "true".equalsIgnoreCase(configuration.get("delta.enableDeletionVectors"));
  }
}
