package io.epicfhir.transform.views;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** All views of one resource type, and the one parse that feeds them. */
public final class CompiledViews {
  private final ReadNode read;
  private final List<CompiledView> views;

  CompiledViews(ReadNode read, List<CompiledView> views) {
    this.read = read;
    this.views = List.copyOf(views);
  }

  /** What {@link #parse} gives: _resource_id and the elements that the views touch. */
  public StructType readSchema() {
    return ReadSchema.of(read);
  }

  /**
   * Parses resources once for all views.
   *
   * @param silver has the columns id and resource (the JSON text); other columns are not looked at
   */
  public Dataset<Row> parse(Dataset<Row> silver) {
    return ResourceParser.parse(silver, read);
  }

  /** The views, in the order in which they were given. */
  public List<CompiledView> views() {
    return views;
  }
}
