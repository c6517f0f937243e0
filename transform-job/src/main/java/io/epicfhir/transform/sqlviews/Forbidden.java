package io.epicfhir.transform.sqlviews;

import io.epicfhir.transform.sqlviews.PlanWalk.InExpression;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.analysis.UnresolvedFunction;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.WindowExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.AggregateExpression;
import org.apache.spark.sql.catalyst.expressions.aggregate.ListAgg;

/** What a table's SQL may not compute: what reaches outside, and what is not the same each time. */
final class Forbidden {
  private static final String OUTSIDE = "reaches outside the tables";
  private static final String CHANGES = "is not deterministic";

  private static final Map<String, String> FUNCTIONS =
      Map.ofEntries(
          Map.entry("reflect", OUTSIDE),
          Map.entry("java_method", OUTSIDE),
          Map.entry("try_reflect", OUTSIDE),
          Map.entry("input_file_name", OUTSIDE),
          Map.entry("input_file_block_start", OUTSIDE),
          Map.entry("input_file_block_length", OUTSIDE),
          Map.entry("from_protobuf", OUTSIDE),
          Map.entry("to_protobuf", OUTSIDE),
          Map.entry("from_avro", OUTSIDE),
          Map.entry("to_avro", OUTSIDE),
          Map.entry("version", OUTSIDE),
          Map.entry("current_user", OUTSIDE),
          Map.entry("session_user", OUTSIDE),
          Map.entry("user", OUTSIDE),
          Map.entry("current_catalog", OUTSIDE),
          Map.entry("current_database", OUTSIDE),
          Map.entry("current_schema", OUTSIDE),
          Map.entry("current_timezone", OUTSIDE),
          Map.entry("rand", CHANGES),
          Map.entry("random", CHANGES),
          Map.entry("randn", CHANGES),
          Map.entry("randstr", CHANGES),
          Map.entry("uniform", CHANGES),
          Map.entry("shuffle", CHANGES),
          Map.entry("uuid", CHANGES),
          Map.entry("monotonically_increasing_id", CHANGES),
          Map.entry("spark_partition_id", CHANGES),
          Map.entry("now", CHANGES),
          Map.entry("curdate", CHANGES),
          Map.entry("current_date", CHANGES),
          Map.entry("current_time", CHANGES),
          Map.entry("current_timestamp", CHANGES),
          Map.entry("localtimestamp", CHANGES),
          Map.entry("aes_encrypt", CHANGES),
          Map.entry("approx_percentile", CHANGES),
          Map.entry("percentile_approx", CHANGES),
          Map.entry("approx_top_k", CHANGES),
          Map.entry("histogram_numeric", CHANGES));

  /** Catalyst's classes of such functions, by whatever name they are called. */
  private static final Map<String, String> CLASSES =
      Map.ofEntries(
          Map.entry("CurrentDate", "the current date " + CHANGES),
          Map.entry("CurrentTime", "the current time " + CHANGES),
          Map.entry("CurrentTimestamp", "the current time " + CHANGES),
          Map.entry("CurrentBatchTimestamp", "the current time " + CHANGES),
          Map.entry("Now", "the current time " + CHANGES),
          Map.entry("LocalTimestamp", "the current time " + CHANGES),
          Map.entry("CurrentTimeZone", "the session's time zone " + OUTSIDE),
          Map.entry("CurrentUser", "the current user " + OUTSIDE),
          Map.entry("CurrentCatalog", "the current catalog " + OUTSIDE),
          Map.entry("CurrentDatabase", "the current schema " + OUTSIDE),
          Map.entry("CurrentPath", "the current path " + OUTSIDE),
          Map.entry("VariableReference", "a session variable " + OUTSIDE),
          Map.entry("InputFileName", "the file's name " + OUTSIDE),
          Map.entry("CallMethodViaReflection", "reflect " + OUTSIDE),
          Map.entry("ApproximatePercentile", "an approximate percentile " + CHANGES),
          Map.entry("HistogramNumeric", "histogram_numeric " + CHANGES),
          Map.entry("ApproxTopK", "approx_top_k " + CHANGES),
          Map.entry("SparkVersion", "version() " + OUTSIDE),
          Map.entry("ScalaUDF", "a user-defined function is not allowed"),
          Map.entry("PythonUDF", "a user-defined function is not allowed"));

  /** Aggregates that take the rows in the order in which they come. */
  private static final Set<String> ANY_ORDER =
      Set.of("First", "Last", "AnyValue", "Mode", "CollectList", "CollectSet", "CollectTopK");

  /** Functions that read XML, and how many arguments come before their options. */
  private static final Map<String, Integer> XML = Map.of("from_xml", 2, "schema_of_xml", 1);

  private static final String XML_FILE = "rowValidationXSDPath";

  private Forbidden() {}

  /** Why a function may not be called, as the end of a sentence; by the name that is written. */
  static Optional<String> function(String name) {
    return Optional.ofNullable(FUNCTIONS.get(name))
        .map(why -> why + "; the same tables must always give the same rows");
  }

  /** Whether it reaches outside the tables, which no query may. */
  static boolean isOutside(String function) {
    return OUTSIDE.equals(FUNCTIONS.get(function));
  }

  /** Why an expression of an analysed plan reaches outside the tables, which no query may. */
  static Optional<String> outside(InExpression each) {
    return Optional.ofNullable(CLASSES.get(each.expression().getClass().getSimpleName()))
        .filter(why -> why.endsWith(OUTSIDE));
  }

  /**
   * Why the options of a function that reads XML are not allowed: one of them names a file, which
   * Spark opens.
   *
   * @param name in lower case
   */
  static Optional<String> options(UnresolvedFunction function, String name) {
    Integer needed = XML.get(name);
    boolean known =
        needed == null
            || PlanWalk.<Expression>list(function.arguments()).stream()
                .skip(needed)
                .allMatch(Forbidden::isKnownOptions);
    return known
        ? Optional.empty()
        : Optional.of(
            "the options of "
                + name
                + " must be a map of constants without "
                + XML_FILE
                + ", which reads a file");
  }

  private static boolean isKnownOptions(Expression options) {
    if (options instanceof Literal literal) {
      return !XML_FILE.equalsIgnoreCase(String.valueOf(literal.value()).strip());
    }
    return options instanceof UnresolvedFunction map
        && PlanWalk.list(map.nameParts()).equals(List.of("map"))
        && PlanWalk.<Expression>list(map.arguments()).stream().allMatch(Forbidden::isKnownOptions);
  }

  /** Why an expression cannot be part of a table's query; in a plan that is parsed or analysed. */
  static Optional<String> expression(InExpression each) {
    Expression expression = each.expression();
    String kind = expression.getClass().getSimpleName();
    String known = CLASSES.get(kind);
    if (known != null) {
      return Optional.of(known + "; the same tables must always give the same rows");
    }
    if (ANY_ORDER.contains(kind)) {
      return isOrdered(each) ? Optional.empty() : Optional.of(anyOrder(kind));
    }
    if (expression instanceof ListAgg list) {
      return list.orderExpressions().isEmpty() ? Optional.of(anyOrder(kind)) : Optional.empty();
    }
    return Optional.empty();
  }

  /**
   * Why an expression of an analysed plan is not the same each time although its class is not known
   * here.
   */
  static Optional<String> nondeterministic(InExpression each) {
    Expression expression = each.expression();
    String kind = expression.getClass().getSimpleName();
    boolean itself =
        !expression.deterministic()
            && PlanWalk.list(expression.children()).stream().allMatch(Expression::deterministic);
    return itself && !ANY_ORDER.contains(kind) && !kind.equals("ListAgg")
        ? Optional.of(kind + " " + CHANGES + "; the same tables must always give the same rows")
        : Optional.empty();
  }

  private static boolean isOrdered(InExpression each) {
    for (int i = each.around().size() - 1; i >= 0; i--) {
      Expression around = each.around().get(i);
      String kind = around.getClass().getSimpleName();
      if (around instanceof WindowExpression window) {
        return !window.windowSpec().orderSpec().isEmpty();
      }
      if (kind.equals("SortArray") || kind.equals("ArraySort")) {
        return true;
      }
      if (!(around instanceof AggregateExpression)) {
        return false;
      }
    }
    return false;
  }

  private static String anyOrder(String kind) {
    return switch (kind) {
      case "CollectList", "CollectSet", "CollectTopK" ->
          "the elements of a collected list have no fixed order; write sort_array(collect_list(…))";
      case "ListAgg" ->
          "the parts of string_agg have no fixed order; add WITHIN GROUP (ORDER BY …)";
      default ->
          "first, last, any_value and mode may pick any of several values; use min, max or max_by, or a"
              + " window with ORDER BY";
    };
  }
}
