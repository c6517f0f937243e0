package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.raise_error;

import org.apache.spark.sql.Column;

/**
 * Where a path is evaluated.
 *
 * @param resource the resource type
 * @param focus what the path starts from
 * @param rowIndex the number of the element that the select is at
 * @param place view, column and path, for messages
 */
public record Scope(String resource, Focus focus, Column rowIndex, String place) {
  /** The column of the parse that holds the resource's key. */
  public static final String KEY = "_resource_id";

  /** What a path starts from: the resource (no column), or an element of it. */
  public record Focus(Column column) {}

  /** The scope of a whole resource. */
  public static Scope ofResource(String resource, String place) {
    return new Scope(resource, new Focus(null), lit(0), place);
  }

  /** The same for another path. */
  public Scope at(String newPlace) {
    return new Scope(resource, focus, rowIndex, newPlace);
  }

  Value start() {
    return focus.column() == null ? Value.resource() : Value.single(focus.column());
  }

  /** Fails the run: names the resource's key, never a value of it. */
  Column fail(String problem) {
    return raise_error(
        concat(
            lit("Cannot evaluate " + place + " for " + resource + "/"),
            coalesce(col(KEY), lit("(no id)")),
            lit(": " + problem)));
  }
}
