package io.epicfhir.transform.queries;

import io.epicfhir.common.query.QueryRefused;
import io.epicfhir.common.query.SqlQuery;
import io.epicfhir.transform.sqlviews.AnalysedQuery;
import io.epicfhir.transform.sqlviews.SqlCheck;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.SparkThrowable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NameParameterizedQuery;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal$;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import scala.jdk.javaapi.CollectionConverters;

/** A query on tables of the lake. */
final class LakeQuery {
  /** Of a Library's contents the first of these is taken. */
  static final List<String> DIALECTS = List.of("spark-sql", "spark", "", "ansi-sql", "ansi");

  private LakeQuery() {}

  /**
   * Its rows. The values are bound: they are literals of the plan, never text that is parsed.
   *
   * @param tables by label
   * @param values to bind, by parameter
   * @throws QueryRefused where it is not one SELECT on these tables
   */
  static Dataset<Row> rows(
      SparkSession session,
      SqlQuery query,
      Map<String, Dataset<Row>> tables,
      Map<String, Object> values) {
    Set<String> labels =
        tables.keySet().stream()
            .map(label -> label.toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    try {
      LogicalPlan checked =
          SqlCheck.once(query.name(), new Statement(query.sql(), 1), labels, values.keySet());
      tables.forEach((label, rows) -> rows.createOrReplaceTempView(label));
      var rows =
          org.apache.spark.sql.classic.Dataset.ofRows(
              (org.apache.spark.sql.classic.SparkSession) session, bound(checked, values));
      AnalysedQuery.check(query.name(), rows.queryExecution().analyzed());
      return rows;
    } catch (SqlRefused e) {
      throw new QueryRefused(query.name(), e.getMessage());
    } catch (Exception e) { // Spark throws checked ones without saying so
      // Spark's words may quote a value; its error class does not.
      if (e instanceof SparkThrowable known && known.getCondition() != null) {
        throw new QueryRefused(query.name(), "Spark rejects it: " + known.getCondition());
      }
      throw e;
    } finally {
      tables.keySet().forEach(label -> session.catalog().dropTempView(label));
    }
  }

  /** The plan that was checked, with literals for its parameters; Delta's parser knows none. */
  private static LogicalPlan bound(LogicalPlan checked, Map<String, Object> values) {
    if (values.isEmpty()) {
      return checked;
    }
    List<Expression> literals = new ArrayList<>();
    values.values().forEach(value -> literals.add(Literal$.MODULE$.apply(value)));
    return new NameParameterizedQuery(
        checked,
        CollectionConverters.asScala(new ArrayList<>(values.keySet())).toSeq(),
        CollectionConverters.asScala(literals).toSeq());
  }
}
