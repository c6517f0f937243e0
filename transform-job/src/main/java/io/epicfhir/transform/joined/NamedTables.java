package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.lit;

import io.epicfhir.transform.sqlviews.RowMark;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.DataTypes;

/**
 * Tables under the names that statements call them by. Those whose rows have no marks show the
 * column {@value RowMark#COLUMN}, always null, to the statements that need it, and to no others: in
 * these the name may mean an alias or another table's column.
 */
final class NamedTables implements AutoCloseable {
  private final SparkSession session;
  private final Map<String, Named> tables = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
  private boolean offered;

  /**
   * A table.
   *
   * @param unmarked whether it has no such column of its own; its rows may have it nevertheless
   */
  private record Named(Dataset<Row> rows, boolean unmarked) {
    Dataset<Row> shown(boolean offered) {
      boolean has = Arrays.stream(rows.columns()).anyMatch(RowMark::isNamed);
      if (!unmarked || has == offered) {
        return rows;
      }
      return offered
          ? rows.withColumn(RowMark.COLUMN, lit(null).cast(DataTypes.BooleanType))
          : rows.drop(RowMark.COLUMN);
    }
  }

  NamedTables(SparkSession session) {
    this.session = session;
  }

  /** Gives a table a name; the same name again replaces it. */
  void name(String label, Dataset<Row> rows, boolean unmarked) {
    Named table = new Named(rows, unmarked);
    tables.put(label, table);
    table.shown(offered).createOrReplaceTempView(label);
  }

  /** Whether unmarked tables show the column from now on. */
  void offer(boolean mark) {
    if (mark != offered) {
      offered = mark;
      tables.forEach(
          (label, table) -> {
            if (table.unmarked()) {
              table.shown(mark).createOrReplaceTempView(label);
            }
          });
    }
  }

  /**
   * Whether a statement is none without the column that unmarked tables are offered. One that is
   * whole without it keeps its meaning: a name in it means an alias or another column.
   */
  boolean needMark(LogicalPlan plan) {
    if (!RowMark.isIn(plan) || tables.values().stream().noneMatch(Named::unmarked)) {
      return false;
    }
    Optional<AnalysisException> without = problem(plan, false);
    return without.isPresent()
        && (RowMark.isMissing(without.get()) || problem(plan, true).isEmpty());
  }

  private Optional<AnalysisException> problem(LogicalPlan plan, boolean mark) {
    offer(mark);
    try {
      org.apache.spark.sql.classic.Dataset.ofRows(session, plan);
      return Optional.empty();
    } catch (Exception e) { // Spark throws checked ones without saying so
      if (!(e instanceof AnalysisException wrong)) {
        throw e;
      }
      return Optional.of(wrong);
    }
  }

  @Override
  public void close() {
    // The public way to drop a name also drops the rows that are kept in memory under it.
    tables.keySet().forEach(label -> session.sessionState().catalog().dropTempView(label));
  }
}
