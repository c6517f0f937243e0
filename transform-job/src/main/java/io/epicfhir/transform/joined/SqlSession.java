package io.epicfhir.transform.joined;

import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;

/**
 * The tables of one SQLView under their labels. Plans that were checked are run as they are: their
 * text is not read once more, by a parser that might read it in another way.
 */
final class SqlSession implements AutoCloseable {
  private final SparkSession session;
  private final SqlView view;
  private final Map<String, Dataset<Row>> tables = new HashMap<>();
  private final List<String> named = new ArrayList<>();

  SqlSession(
      org.apache.spark.sql.SparkSession session,
      SqlView view,
      SourceTables sources,
      Map<String, Source> byLabel) {
    this.session = (SparkSession) session;
    this.view = view;
    byLabel.forEach((label, source) -> name(label, sources.rows(source)));
  }

  /** The rows of a dependency. */
  Dataset<Row> table(String label) {
    return tables.get(label);
  }

  /** Gives a table a name; the same name again replaces it. */
  void name(String label, Dataset<Row> rows) {
    tables.put(label, rows);
    named.add(label);
    rows.createOrReplaceTempView(label);
  }

  /**
   * The rows of a plan of Spark's parser.
   *
   * @param firstLine where its statement begins in the file
   * @throws SqlRefused where it names what is not there, or types do not fit
   */
  Dataset<Row> rows(LogicalPlan plan, int firstLine) {
    try {
      return org.apache.spark.sql.classic.Dataset.ofRows(session, plan);
    } catch (Exception e) { // Spark throws checked ones without saying so
      if (!(e instanceof AnalysisException wrong)) {
        throw e;
      }
      int line = wrong.line().isDefined() ? (Integer) wrong.line().get() : 1;
      throw new SqlRefused(
          view.file(),
          firstLine + line - 1,
          wrong.getSimpleMessage().lines().findFirst().orElse("Spark cannot use it"));
    }
  }

  @Override
  public void close() {
    // The public way to drop a name also drops the rows that are kept in memory under it.
    named.forEach(label -> session.sessionState().catalog().dropTempView(label));
  }
}
