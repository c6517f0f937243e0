package io.epicfhir.transform.views;

import java.io.Serializable;
import java.util.List;
import org.apache.spark.sql.types.StructType;

/**
 * What Parquet files of a view's rows look like.
 *
 * @param view the view's name
 * @param schema the view's columns in order, then the resource's key
 * @param varied the columns whose values mostly differ from row to row, which get no dictionary
 */
public record ViewFile(String view, StructType schema, List<String> varied)
    implements Serializable {}
