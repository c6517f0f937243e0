package io.epicfhir.transform.views;

import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** A view that can be run: its columns, and the plan of its rows. */
public final class CompiledView {
  private final ViewDefinition definition;
  private final List<ViewColumn> columns;
  private final UnaryOperator<Dataset<Row>> plan;

  CompiledView(
      ViewDefinition definition, List<ViewColumn> columns, UnaryOperator<Dataset<Row>> plan) {
    this.definition = definition;
    this.columns = List.copyOf(columns);
    this.plan = plan;
  }

  /** The view as it was written. */
  public ViewDefinition definition() {
    return definition;
  }

  /** The view's columns in order, without _resource_id. */
  public List<ViewColumn> columns() {
    return columns;
  }

  /**
   * The view's rows: its columns in order, then _resource_id. Running it fails with Spark's
   * USER_RAISED_EXCEPTION where a resource does not fit the view; see {@link EvaluationFailures}.
   *
   * @param parsed what {@link CompiledViews#parse} gave
   */
  public Dataset<Row> rows(Dataset<Row> parsed) {
    return plan.apply(parsed);
  }
}
