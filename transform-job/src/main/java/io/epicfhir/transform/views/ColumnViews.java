package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.FhirType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.StructType;

/** All views of one resource type as plans of Spark's columns, over one parse of its own. */
final class ColumnViews {
  private final String type;
  private final ReadNode read;
  private final List<UnaryOperator<Dataset<Row>>> plans = new ArrayList<>();

  ColumnViews(String type, FhirType resource, List<ViewDefinition> views) {
    this.type = type;
    this.read = ReadNode.ofColumns(resource);
    for (ViewDefinition view : views) {
      plans.add(
          new ViewPlanner(view, resource, ViewCompiler.typing(view, resource), read).compile());
    }
  }

  /** What {@link #parse} gives: _resource_id and the elements that the views touch. */
  StructType readSchema() {
    return ReadSchema.of(read);
  }

  /**
   * Parses resources once for all views.
   *
   * @param silver has the columns id and resource (the JSON text); other columns are not looked at
   * @param drift registered with Spark
   */
  Dataset<Row> parse(Dataset<Row> silver, Drift drift) {
    return ResourceParser.parse(silver.select("id", "resource"), type, read, drift);
  }

  /** The rows of a view: its columns in order, then _resource_id. */
  Dataset<Row> rows(int view, Dataset<Row> parsed) {
    return plans.get(view).apply(parsed);
  }
}
