package io.epicfhir.common.delta;

import java.util.List;
import java.util.Map;

/**
 * What a table is made as.
 *
 * @param schemaJson the columns with their metadata, as Spark's {@code StructType.json()} gives
 *     them; it goes into the log as it is
 * @param description the table's comment, or empty
 * @param configuration the table's properties, all of them
 * @param partitionColumns in order
 */
public record TableDefinition(
    String schemaJson,
    String description,
    Map<String, String> configuration,
    List<String> partitionColumns) {

  /**
   * Takes copies.
   *
   * @throws IllegalArgumentException for a property that asks for more than the log's text, which
   *     only Spark can give
   */
  public TableDefinition {
    configuration = Map.copyOf(configuration);
    partitionColumns = List.copyOf(partitionColumns);
    configuration.keySet().stream()
        .filter(key -> key.startsWith("delta.columnMapping") || key.contains("IcebergCompat"))
        .findFirst()
        .ifPresent(
            key -> {
              throw new IllegalArgumentException(
                  "Cannot define a table with the property " + key + ": create it with Spark");
            });
  }
}
