package io.epicfhir.transform;

import io.epicfhir.transform.views.CompiledViews;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The views of one resource type.
 *
 * @param parse silver's id and resource to what the views' rows are made of
 * @param views all of them
 */
record TypeViews(UnaryOperator<Dataset<Row>> parse, List<ViewPlan> views) {
  static final TypeViews NONE = new TypeViews(UnaryOperator.identity(), List.of());

  static TypeViews of(CompiledViews compiled) {
    return new TypeViews(compiled::parse, compiled.views().stream().map(ViewPlan::of).toList());
  }
}
