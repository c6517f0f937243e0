package io.epicfhir.transform.lookups;

import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/**
 * What a lookup's file holds.
 *
 * @param url the resource's canonical URL, or empty
 * @param description the table's comment, or empty
 */
record LookupContent(String url, String description, StructType columns, List<Row> rows) {}
