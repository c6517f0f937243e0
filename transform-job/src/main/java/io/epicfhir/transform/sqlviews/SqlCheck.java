package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.PlanWalk.InExpression;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.catalyst.analysis.NamedParameter;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTableValuedFunction;
import org.apache.spark.sql.catalyst.parser.CatalystSqlParser;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.UnresolvedWith;

/**
 * Reads a statement by Spark's parser and looks at its plan: it must be one query that reads the
 * tables that it may read, and nothing else. What is known here is allowed; anything else is not.
 */
public final class SqlCheck {
  private final String file;
  private final int firstLine;
  private final Set<String> labels;
  private final Set<String> parameters;
  private final boolean keepsRows;

  private SqlCheck(
      String file, int firstLine, Set<String> labels, Set<String> parameters, boolean keepsRows) {
    this.file = file;
    this.firstLine = firstLine;
    this.labels = labels;
    this.parameters = parameters;
    this.keepsRows = keepsRows;
  }

  /**
   * A SQLView's query.
   *
   * @throws SqlRefused where it is none
   */
  public static LogicalPlan query(SqlView view) {
    return parse(view.file(), view.query(), labels(view), Set.of());
  }

  /**
   * The statement that says which keys a change of a dependency touches.
   *
   * @throws SqlRefused where it is no query
   */
  public static LogicalPlan touched(SqlView view, String label) {
    Set<String> labels = new HashSet<>(labels(view));
    labels.add(SqlView.CHANGED);
    return parse(view.file(), view.touched().get(label), labels, Set.of());
  }

  /**
   * A query's plan as Spark's parser gives it.
   *
   * @param labels the tables that it may read, in lower case
   * @param parameters names that it may have as {@code :name}
   * @throws SqlRefused where it is no query of these
   */
  public static LogicalPlan parse(
      String file, Statement statement, Set<String> labels, Set<String> parameters) {
    return new SqlCheck(file, statement.line(), labels, parameters, true).parsed(statement);
  }

  /**
   * As {@link #parse}, of a query whose rows nobody keeps: it may leave out rows by LIMIT, and ask
   * for the time.
   */
  public static LogicalPlan once(
      String file, Statement statement, Set<String> labels, Set<String> parameters) {
    return new SqlCheck(file, statement.line(), labels, parameters, false).parsed(statement);
  }

  private LogicalPlan parsed(Statement statement) {
    LogicalPlan plan;
    try {
      plan = new CatalystSqlParser().parsePlan(statement.sql());
    } catch (Exception e) { // Scala throws checked ones without saying so
      if (!(e instanceof ParseException wrong)) {
        int line = at(begin(statement.sql()));
        throw new SqlRefused(file, line, "Spark cannot read this as SQL");
      }
      int said = wrong.line().isDefined() ? (Integer) wrong.line().get() : 1;
      throw new SqlRefused(
          file,
          at(Math.max(said, begin(statement.sql()))),
          "this is not one SELECT: " + wrong.getSimpleMessage().lines().findFirst().orElse(""));
    }
    plan(plan, labels);
    return plan;
  }

  /** The first line that is neither blank nor a comment. */
  private static int begin(String sql) {
    List<String> lines = sql.lines().toList();
    int at = 0;
    while (at < lines.size() && lines.get(at).strip().matches("(--.*)?")) {
      at++;
    }
    return Math.min(at, lines.size() - 1) + 1;
  }

  private static Set<String> labels(SqlView view) {
    Set<String> labels = new HashSet<>();
    view.dependencies().forEach(one -> labels.add(one.label().toLowerCase(Locale.ROOT)));
    return labels;
  }

  /**
   * @param names the tables that can be named here, in lower case
   */
  private void plan(LogicalPlan plan, Set<String> names) {
    node(plan, names);
    Set<String> inside = names;
    if (plan instanceof UnresolvedWith with) {
      inside = new HashSet<>(names);
      for (var relation : PlanWalk.list(with.cteRelations())) {
        Set<String> before = new HashSet<>(inside);
        if (with.allowRecursion()) {
          before.add(relation._1().toLowerCase(Locale.ROOT));
        }
        plan(relation._2(), before);
        inside.add(relation._1().toLowerCase(Locale.ROOT));
      }
    }
    for (LogicalPlan child : PlanWalk.children(plan)) {
      plan(child, inside);
    }
    for (InExpression each : PlanWalk.expressions(plan)) {
      expression(each);
    }
    for (LogicalPlan subquery : PlanWalk.subqueries(plan)) {
      plan(subquery, inside);
    }
  }

  private void node(LogicalPlan plan, Set<String> names) {
    SqlNodes.problem(plan, keepsRows)
        .ifPresent(
            why -> {
              throw refuse(PlanWalk.line(plan), why);
            });
    if (plan instanceof UnresolvedRelation relation) {
      relation(relation, names);
    }
    if (plan instanceof UnresolvedTableValuedFunction function) {
      String name = last(PlanWalk.list(function.name()));
      if (!SqlNodes.isTableFunction(name)) {
        throw refuse(PlanWalk.line(plan), "the table function " + name + " is not allowed");
      }
    }
  }

  private void relation(UnresolvedRelation relation, Set<String> names) {
    List<String> parts = PlanWalk.list(relation.multipartIdentifier());
    String name = String.join(".", parts);
    if (parts.size() != 1 || !names.contains(parts.get(0).toLowerCase(Locale.ROOT))) {
      throw refuse(
          PlanWalk.line(relation),
          "the SQL reads "
              + name
              + ", which is not a label of its dependencies: "
              + String.join(", ", labels.stream().sorted().toList()));
    }
    if (relation.isStreaming() || !relation.options().isEmpty()) {
      throw refuse(PlanWalk.line(relation), "options of a table are not allowed: " + name);
    }
  }

  private void expression(InExpression each) {
    String kind = each.expression().getClass().getSimpleName();
    int line = PlanWalk.line(each.expression());
    if (each.expression() instanceof NamedParameter parameter) {
      if (!parameters.contains(parameter.name())) {
        throw refuse(
            line,
            parameters.isEmpty()
                ? "a table has no parameters: :" + parameter.name()
                : "the parameter :" + parameter.name() + " is not declared");
      }
    } else if (kind.endsWith("Parameter") || kind.contains("UnresolvedIdentifier")) {
      throw refuse(line, "parameters without a name and IDENTIFIER() are not allowed");
    }
    if (each.expression() instanceof UnresolvedFunction function) {
      List<String> parts = PlanWalk.list(function.nameParts());
      String name = last(parts);
      if (parts.size() > 1) {
        throw refuse(
            line,
            "the function "
                + String.join(".", parts)
                + " is not built into Spark; use a built-in one");
      }
      Forbidden.options(function, name)
          .ifPresent(
              why -> {
                throw refuse(line, why);
              });
      Forbidden.function(name)
          .filter(why -> keepsRows || Forbidden.isOutside(name))
          .ifPresent(
              why -> {
                throw refuse(line, name + " " + why);
              });
    }
    Forbidden.expression(each)
        .filter(why -> keepsRows)
        .ifPresent(
            why -> {
              throw refuse(line, why);
            });
  }

  private static String last(List<String> parts) {
    return parts.get(parts.size() - 1).toLowerCase(Locale.ROOT);
  }

  private SqlRefused refuse(int line, String problem) {
    return new SqlRefused(file, at(Math.max(line, 1)), problem);
  }

  private int at(int line) {
    return firstLine + line - 1;
  }
}
