package io.epicfhir.common.delta;

import java.util.List;
import java.util.Map;

/**
 * What a version of a Delta table says of itself, without its files.
 *
 * @param version the version
 * @param tableId Delta's own id; another one means that the table was replaced by a new one
 * @param schemaJson the columns with their metadata, in the JSON that Spark's and Delta's {@code
 *     StructType} share
 * @param description the table's comment, or empty
 * @param configuration the table's properties
 * @param partitionColumns in order
 */
public record TableMetadata(
    long version,
    String tableId,
    String schemaJson,
    String description,
    Map<String, String> configuration,
    List<String> partitionColumns) {

  /** Takes copies. */
  public TableMetadata {
    configuration = Map.copyOf(configuration);
    partitionColumns = List.copyOf(partitionColumns);
  }
}
