package io.epicfhir.transform.sqlviews;

import java.util.List;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;

/**
 * Rows of a table that are in memory.
 *
 * @param columns those of the table's columns that the rows have, in the rows' order
 */
public record SomeRows(StructType columns, List<? extends InternalRow> rows) {}
