package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.ChangedRows;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.SqlCheck;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import io.epicfhir.transform.sqlviews.SqlView.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.UnresolvedAttribute;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.Project;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/** The keys of a joined table whose rows may be others now, by what changed in its dependencies. */
final class TouchedKeys {
  /** The column of keys. No column of a table has such a name. */
  static final String KEY = "_touched_key";

  private final SparkSession session;
  private final Lake lake;
  private final SqlView view;
  private final SqlSession sql;
  private final AnalysedView analysed;

  TouchedKeys(
      SparkSession session, Lake lake, SqlView view, SqlSession sql, AnalysedView analysed) {
    this.session = session;
    this.lake = lake;
    this.view = view;
    this.sql = sql;
    this.analysed = analysed;
  }

  /**
   * Checks the statements that say which keys are touched, although nothing may be yet.
   *
   * @throws SqlRefused for one that cannot be used
   */
  void check() {
    for (String label : view.touched().keySet()) {
      said(label, sql.table(label).limit(0));
    }
  }

  /**
   * Each key once; empty where the table must be built whole.
   *
   * @param from what its rows were made of
   * @param now by label: what there is now
   */
  Optional<Dataset<Row>> since(JoinedState from, Map<String, Source> now) {
    Map<String, JoinedState.Read> before = new HashMap<>();
    from.reads().forEach(read -> before.put(read.label(), read));
    if (!before.keySet().equals(now.keySet())) {
      return Optional.empty();
    }
    List<Dataset<Row>> keys = new ArrayList<>();
    for (Map.Entry<String, Source> one : now.entrySet()) {
      JoinedState.Read read = before.get(one.getKey());
      if (!one.getValue().readAs(one.getKey()).equals(read)) {
        Optional<List<Dataset<Row>>> touched = touched(one.getKey(), one.getValue(), read);
        if (touched.isEmpty()) {
          return Optional.empty();
        }
        keys.addAll(touched.get());
      }
    }
    return Optional.of(
        keys.stream().reduce(Dataset::unionAll).map(Dataset::distinct).orElseGet(this::none));
  }

  /**
   * At least the SQLView's rows of these keys, of tables without rows that touch none of them: what
   * such rows add or take belongs to other keys.
   */
  Dataset<Row> rows(Dataset<Row> keys) {
    for (SqlView.Dependency dependency : view.dependencies()) {
      String label = dependency.label();
      column(label).ifPresent(column -> sql.name(label, touching(sql.table(label), column, keys)));
    }
    return sql.rows(SqlCheck.query(view), view.query().line());
  }

  /** The one column that is the key that a row of this table touches, where it is as simple. */
  private Optional<String> column(String label) {
    return view.touched().containsKey(label)
        ? columnOfChanged(SqlCheck.touched(view, label))
        : analysed.lineage().columns(label).filter(c -> c.size() == 1).map(c -> c.get(0));
  }

  /** The column of {@code SELECT column FROM changed}; empty for another statement. */
  private static Optional<String> columnOfChanged(LogicalPlan plan) {
    return plan instanceof Project project
            && project.child() instanceof UnresolvedRelation from
            && from.tableName().equalsIgnoreCase(SqlView.CHANGED)
            && project.projectList().size() == 1
            && project.projectList().apply(0) instanceof UnresolvedAttribute column
            && column.nameParts().size() == 1
        ? Optional.of(column.nameParts().apply(0))
        : Optional.empty();
  }

  private static Dataset<Row> touching(Dataset<Row> table, String column, Dataset<Row> keys) {
    return table.join(
        broadcast(keys), table.col("`" + column + "`").eqNullSafe(keys.col(KEY)), "left_semi");
  }

  private Dataset<Row> none() {
    DataType type = analysed.key().orElseThrow().dataType();
    return session.createDataFrame(List.of(), new StructType().add(KEY, type));
  }

  private Optional<List<Dataset<Row>>> touched(String label, Source source, JoinedState.Read read) {
    boolean sameTable = source.table().equals(read.table()) && source.missing().isEmpty();
    Optional<List<String>> columns =
        view.touched().containsKey(label)
            ? Optional.of(List.of())
            : analysed.lineage().columns(label);
    if (!sameTable || columns.isEmpty()) {
      return Optional.empty();
    }
    return ChangedRows.since(session, lake, source.path(), read.version(), read.identity())
        .map(
            changed ->
                view.touched().containsKey(label)
                    ? List.of(said(label, changed))
                    : columns.get().stream()
                        .map(column -> changed.select(col("`" + column + "`").as(KEY)))
                        .toList());
  }

  /** What the SQLView says itself. */
  private Dataset<Row> said(String label, Dataset<Row> changed) {
    Statement statement = view.touched().get(label);
    sql.name(SqlView.CHANGED, changed);
    Dataset<Row> keys = sql.rows(SqlCheck.touched(view, label), statement.line());
    DataType type = analysed.key().orElseThrow().dataType();
    if (keys.columns().length != 1 || !keys.schema().fields()[0].dataType().equals(type)) {
      throw new SqlRefused(
          view.file(),
          statement.line(),
          "\"touched by "
              + label
              + "\" gives one column of the key's type, "
              + type.simpleString());
    }
    AnalysedView.check(
        view,
        ((org.apache.spark.sql.classic.Dataset<Row>) keys).queryExecution().analyzed(),
        statement.line());
    return keys.toDF(KEY);
  }
}
