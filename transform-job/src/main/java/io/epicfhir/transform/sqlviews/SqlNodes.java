package io.epicfhir.transform.sqlviews;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;

/** What the plan of a query may be made of: what is known is allowed, and nothing else. */
final class SqlNodes {
  /** What a query is made of. */
  private static final Set<String> QUERY =
      Set.of(
          "UnresolvedWith",
          "SubqueryAlias",
          "UnresolvedSubqueryColumnAliases",
          "Project",
          "Filter",
          "Join",
          "LateralJoin",
          "Aggregate",
          "UnresolvedHaving",
          "UnresolvedQualify",
          "Distinct",
          "Sort",
          "Union",
          "UnionLoop",
          "Intersect",
          "Except",
          "WithWindowDefinition",
          "Generate",
          "Pivot",
          "Unpivot",
          "UnresolvedUnpivot",
          "UnresolvedHint",
          "UnresolvedInlineTable",
          "ResolvedInlineTable",
          "LocalRelation",
          "OneRowRelation",
          "UnresolvedRelation",
          "UnresolvedTableValuedFunction",
          "UnresolvedTVFAliases");

  private static final Set<String> TABLE_FUNCTIONS =
      Set.of(
          "range",
          "explode",
          "explode_outer",
          "posexplode",
          "posexplode_outer",
          "inline",
          "inline_outer",
          "stack",
          "json_tuple");

  /** What a query may have besides, whose rows nobody keeps. */
  private static final Set<String> ONCE = Set.of("GlobalLimit", "LocalLimit", "Offset");

  private static final Map<String, String> OTHER_NODES =
      Map.of(
          "GlobalLimit", "LIMIT keeps arbitrary rows",
          "LocalLimit", "LIMIT keeps arbitrary rows",
          "Offset", "OFFSET skips arbitrary rows",
          "Sample", "TABLESAMPLE keeps random rows",
          "RelationTimeTravel", "a table can only be read as it is now, not at another version",
          "ScriptTransformation", "TRANSFORM runs a program");

  /** What rows come from in an analysed plan, besides the tables. */
  private static final Set<String> ANALYSED_LEAVES =
      Set.of(
          "LocalRelation",
          "ResolvedInlineTable",
          "OneRowRelation",
          "Range",
          "CTERelationRef",
          "UnionLoopRef");

  private SqlNodes() {}

  /**
   * Why a node of an analysed plan, which is not the view of a dependency, is not allowed; empty
   * where it is. Rows come from the dependencies, or are written in the query.
   */
  static Optional<String> analysedProblem(LogicalPlan plan) {
    return plan.children().isEmpty() && !ANALYSED_LEAVES.contains(plan.getClass().getSimpleName())
        ? Optional.of("the SQL reads something that is not a label of its dependencies")
        : Optional.empty();
  }

  /**
   * Why a node is not allowed; empty where it is.
   *
   * @param keepsRows whether a table is made of the query's rows
   */
  static Optional<String> problem(LogicalPlan plan, boolean keepsRows) {
    String kind = plan.getClass().getSimpleName();
    if (QUERY.contains(kind) || (!keepsRows && ONCE.contains(kind))) {
      return Optional.empty();
    }
    String why = OTHER_NODES.get(kind);
    return Optional.of(
        why != null
            ? why
            : plan instanceof Command
                ? "this is a command, and only a SELECT is allowed"
                : "only a SELECT is allowed; this has " + kind);
  }

  /**
   * Whether a query may have the table function.
   *
   * @param name in lower case
   */
  static boolean isTableFunction(String name) {
    return TABLE_FUNCTIONS.contains(name);
  }
}
