package io.epicfhir.transform.sqlviews;

import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;

/** A second look at a query, for what a reader of the parsed plan may overlook. */
public final class AnalysedQuery {
  private AnalysedQuery() {}

  /**
   * Looks again at a query that {@link SqlCheck#once} has checked, after Spark has resolved its
   * names.
   *
   * @throws SqlRefused where it would read more than its tables
   */
  public static void check(String file, LogicalPlan plan) {
    if (plan instanceof View) {
      return; // one of its tables
    }
    SqlNodes.analysedProblem(plan)
        .or(
            () ->
                PlanWalk.expressions(plan).stream()
                    .flatMap(each -> Forbidden.outside(each).stream())
                    .findFirst())
        .ifPresent(
            why -> {
              throw new SqlRefused(file, Math.max(PlanWalk.line(plan), 1), why);
            });
    PlanWalk.children(plan).forEach(child -> check(file, child));
    PlanWalk.subqueries(plan).forEach(child -> check(file, child));
  }
}
