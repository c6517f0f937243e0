package io.epicfhir.transform.joined;

import io.epicfhir.transform.Failures;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.spark.QueryContext;
import org.apache.spark.SparkThrowable;

/** What a failure of a SQLView means. Spark's own messages quote values: they stay out. */
final class SqlFailure {
  private SqlFailure() {}

  /** A sentence with the file, the line if Spark gives it, and what to do. */
  static String of(SqlView view, Throwable failure) {
    if (failure instanceof SqlRefused refused) {
      return refused.getMessage();
    }
    return condition(failure)
        .map(
            spark ->
                view.file()
                    + line(view, spark)
                    + ": Spark failed with "
                    + spark.getCondition()
                    + hint(spark.getCondition()))
        .orElseGet(
            () ->
                view.file()
                    + ": it failed with "
                    + Failures.root(failure).getClass().getName()
                    + "; see the task's log");
  }

  /**
   * Does work that may see rows that the SQL, over all of its tables, would not: those of other
   * keys, without the rows that belong to them. Where the SQL fails, which a division by how many
   * there are does, that is no failure of the SQLView, and the result is empty.
   */
  static <T> Optional<T> unlessOfRows(Supplier<Optional<T>> work) {
    try {
      return work.get();
    } catch (Exception e) { // Spark throws checked ones without saying so
      if (e instanceof SqlRefused || condition(e).isEmpty()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private static Optional<SparkThrowable> condition(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SparkThrowable spark && spark.getCondition() != null) {
        return Optional.of(spark);
      }
      if (cause.getCause() == cause) {
        break;
      }
    }
    return Optional.empty();
  }

  private static String line(SqlView view, SparkThrowable spark) {
    for (QueryContext context : spark.getQueryContext()) {
      int at = context.startIndex();
      if (at >= 0 && at < view.query().sql().length()) {
        return ":"
            + (1 + view.query().sql().substring(0, at).chars().filter(c -> c == '\n').count());
      }
    }
    return "";
  }

  private static String hint(String condition) {
    return switch (condition) {
      case "CAST_INVALID_INPUT", "CAST_OVERFLOW" ->
          ": a value cannot be cast to the type; try_cast returns null instead";
      case "DIVIDE_BY_ZERO" -> ": try_divide returns null instead";
      case "SCALAR_SUBQUERY_TOO_MANY_ROWS" -> ": a scalar subquery returns several rows";
      default -> "";
    };
  }
}
