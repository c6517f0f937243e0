package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.lit;

import io.epicfhir.transform.delta.FlatRows;
import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.sqlviews.AnalysedView;
import io.epicfhir.transform.sqlviews.RowMark;
import io.epicfhir.transform.sqlviews.SomeRows;
import io.epicfhir.transform.sqlviews.SqlCheck;
import io.epicfhir.transform.sqlviews.SqlRefused;
import io.epicfhir.transform.sqlviews.SqlView;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * The tables of one SQLView under their labels. Plans that were checked are run as they are: their
 * text is not read once more, by a parser that might read it in another way. At first the tables
 * have their columns and no rows: a plan is checked without opening what it may not need.
 */
final class SqlSession implements AutoCloseable {
  private final SparkSession session;
  private final SqlView view;
  private final SourceTables sources;
  private final Map<String, Source> byLabel;
  private final NamedTables tables;
  private final LogicalPlan query;
  private final boolean namesMark;
  private Optional<Boolean> needsMark = Optional.empty();
  private boolean dropsMark;

  SqlSession(
      org.apache.spark.sql.SparkSession session,
      SqlView view,
      SourceTables sources,
      Map<String, Source> byLabel) {
    this.session = (SparkSession) session;
    this.view = view;
    this.sources = sources;
    this.byLabel = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    this.byLabel.putAll(byLabel);
    this.query = SqlCheck.query(view);
    this.tables = new NamedTables(this.session);
    this.namesMark =
        RowMark.isIn(query)
            || view.touched().values().stream().anyMatch(one -> RowMark.isMentioned(one.sql()));
    byLabel.keySet().forEach(label -> name(label, noRows(label)));
  }

  SqlView view() {
    return view;
  }

  SourceTables sources() {
    return sources;
  }

  org.apache.spark.sql.SparkSession spark() {
    return session;
  }

  /** A dependency's columns without a row. */
  Dataset<Row> noRows(String label) {
    return InternalRows.local(session, List.of(), columns(label));
  }

  /** Some rows with a dependency's columns; those that they lack are null. */
  Dataset<Row> local(String label, SomeRows some) {
    FlatRows flat = new FlatRows(some.columns(), columns(label));
    return InternalRows.local(session, some.rows().stream().map(flat::of).toList(), columns(label));
  }

  /** All rows of a dependency. */
  Dataset<Row> table(String label) {
    Dataset<Row> rows = sources.rows(source(label));
    return isOffered(label)
        ? rows.withColumn(RowMark.COLUMN, lit(null).cast(DataTypes.BooleanType))
        : rows;
  }

  /** A dependency's columns; its label, as everywhere here, in any case. */
  StructType columns(String label) {
    StructType columns = sources.columns(source(label));
    return isOffered(label) ? columns.add(RowMark.COLUMN, DataTypes.BooleanType) : columns;
  }

  /** How many rows a dependency has; very many where its log does not tell. */
  long count(String label) {
    return sources.count(source(label));
  }

  /** Reads some columns of a dependency's rows by this thread. */
  void read(String label, StructType columns, Consumer<InternalRow> taker) {
    sources.read(source(label), columns, taker);
  }

  /**
   * Reads those of a dependency's rows that some columns tell by this thread.
   *
   * @param telling columns that the condition needs
   */
  void read(
      String label,
      StructType telling,
      Predicate<InternalRow> wanted,
      StructType columns,
      Consumer<InternalRow> taker) {
    sources.read(source(label), telling, wanted, columns, taker);
  }

  /** What a dependency is. */
  Source source(String label) {
    return byLabel.get(label);
  }

  /** The bytes of all of them. */
  long bytes() {
    return byLabel.values().stream().mapToLong(Source::bytes).sum();
  }

  /** Names all dependencies with all of their rows. */
  SqlSession open() {
    byLabel.keySet().forEach(label -> name(label, table(label)));
    return this;
  }

  /** Gives a table a name; the same name again replaces it. */
  void name(String label, Dataset<Row> rows) {
    tables.name(label, rows, isOffered(label));
  }

  /** Names rows of a dependency that changed, for its statement. */
  void nameChanged(String label, Dataset<Row> rows) {
    tables.name(SqlView.CHANGED, rows, isOffered(label));
  }

  /** The SQLView, its names and types resolved. */
  AnalysedView analysed() {
    LogicalPlan plan = InternalRows.analysed(rows());
    RowMark mark = RowMark.of(plan);
    mark.check(view, labels(label -> source(label).marked() && hasOwn(source(label))));
    if (mark.isMadeOf(labels(label -> hasOwn(source(label))))) {
      boolean marks = byLabel.values().stream().anyMatch(Source::marked);
      return AnalysedView.of(marks ? view.marking() : view, plan);
    }
    dropsMark = mark.isNothingBut(labels(this::isOffered));
    return dropsMark
        ? AnalysedView.of(view.withoutMark(), InternalRows.analysed(rows()))
        : AnalysedView.of(view, plan);
  }

  private Set<String> labels(Predicate<String> wanted) {
    return byLabel.keySet().stream()
        .filter(wanted)
        .map(label -> label.toLowerCase(Locale.ROOT))
        .collect(Collectors.toSet());
  }

  /**
   * Whether a table whose rows have no marks has the column for statements that need it, always
   * null: so a query that passes the mark on is the same whether the site marks rows or not. A
   * result that is made of nothing else is dropped.
   */
  private boolean isOffered(String label) {
    return namesMark && !source(label).isLookup() && !hasOwn(source(label));
  }

  private boolean hasOwn(Source source) {
    return !source.isLookup()
        && Arrays.stream(sources.columns(source).fieldNames()).anyMatch(RowMark::isNamed);
  }

  /** The rows of the SQLView, of the tables that have their names now. */
  Dataset<Row> rows() {
    Dataset<Row> rows = rows(query, view.query().line());
    return dropsMark ? rows.drop(RowMark.COLUMN) : rows;
  }

  /** The rows of a plan whose names and types are resolved. */
  Dataset<Row> analysed(LogicalPlan plan) {
    return org.apache.spark.sql.classic.Dataset.ofRows(session, plan);
  }

  /**
   * The rows of a plan of Spark's parser.
   *
   * @param firstLine where its statement begins in the file
   * @throws SqlRefused where it names what is not there, or types do not fit
   */
  Dataset<Row> rows(LogicalPlan plan, int firstLine) {
    tables.offer(plan == query ? queryNeedsMark() : tables.needMark(plan));
    try {
      return analysed(plan);
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

  private boolean queryNeedsMark() {
    if (needsMark.isEmpty()) {
      needsMark = Optional.of(tables.needMark(query));
    }
    return needsMark.get();
  }

  @Override
  public void close() {
    tables.close();
  }
}
