package io.epicfhir.transform.sqlviews;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.transform.sqlviews.PlanWalk.InExpression;
import io.epicfhir.transform.sqlviews.SqlView.Note;
import io.epicfhir.transform.views.TargetLimits;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;

/** A SQLView whose names and types Spark has resolved against the tables that it reads. */
public final class AnalysedView {
  private static final Set<DataType> TYPES =
      Set.of(
          DataTypes.StringType,
          DataTypes.BooleanType,
          DataTypes.IntegerType,
          DataTypes.LongType,
          DataTypes.DoubleType,
          DataTypes.DateType,
          DataTypes.TimestampType);

  private static final Pattern COLUMN = Pattern.compile("[A-Za-z][A-Za-z0-9_]*|_resource_id");

  private final SqlView view;
  private final LogicalPlan plan;
  private final StructType schema;
  private KeyLineage lineage;

  private AnalysedView(SqlView view, LogicalPlan plan, StructType schema) {
    this.view = view;
    this.plan = plan;
    this.schema = schema;
  }

  /**
   * Checks it.
   *
   * @param plan Spark's analysed plan of its query
   * @throws SqlRefused where its rows could differ from one time to the other, or no table can hold
   *     them
   */
  public static AnalysedView of(SqlView view, LogicalPlan plan) {
    check(view, plan, view.query().line());
    return new AnalysedView(view, plan, schema(view, plan));
  }

  /** The columns in order, with what is known of each. */
  public StructType schema() {
    return schema;
  }

  /** The key's column, where the SQLView has a key. */
  public Optional<Attribute> key() {
    return view.key()
        .map(
            name ->
                PlanWalk.list(plan.output()).stream()
                    .filter(attribute -> attribute.name().equalsIgnoreCase(name))
                    .findFirst()
                    .orElseThrow(() -> refuse("it has no column " + name + ", its key")));
  }

  /** How changed rows of its dependencies touch keys, if the plan shows that. */
  public KeyLineage lineage() {
    if (lineage == null) {
      lineage = KeyLineage.of(plan, key().orElseThrow());
    }
    return lineage;
  }

  /** The same of one table as a rule; empty if the plan does not show it. */
  public Optional<TouchRule> touchedByColumns(String label) {
    Optional<List<Attribute>> table = PlanWalk.table(plan, label);
    return lineage()
        .columns(label)
        .flatMap(
            columns ->
                columns.isEmpty()
                    ? Optional.of(new TouchRule(List.of(), List.of()))
                    : table.flatMap(attributes -> TouchRule.of(attributes, columns)));
  }

  /** Which columns of its dependencies have a part in its rows. */
  public NeededColumns needed() {
    return NeededColumns.of(plan);
  }

  /**
   * Its plan over these rows, analysed; empty where a table has none, or is read in a subquery.
   *
   * @param rows by label, in a map that takes any case
   */
  public Optional<LogicalPlan> over(Map<String, SomeRows> rows) {
    return FilledPlan.of(plan, rows);
  }

  /** Which rows of its dependencies it may take. */
  public RowFilters filters() {
    return RowFilters.of(plan);
  }

  /**
   * Checks that an analysed plan gives the same rows each time.
   *
   * @param firstLine where its statement begins in the file
   * @throws SqlRefused where it may not
   */
  public static void check(SqlView view, LogicalPlan plan, int firstLine) {
    if (plan instanceof View) {
      return; // a table's own plan is not the SQLView's
    }
    SqlNodes.analysedProblem(plan)
        .ifPresent(
            why -> {
              int line = Math.max(PlanWalk.line(plan), 1);
              throw new SqlRefused(view.file(), firstLine + line - 1, why);
            });
    for (InExpression each : PlanWalk.expressions(plan)) {
      Forbidden.expression(each)
          .or(() -> Forbidden.nondeterministic(each))
          .ifPresent(
              why -> {
                int line = Math.max(PlanWalk.line(each.expression()), 1);
                throw new SqlRefused(view.file(), firstLine + line - 1, why);
              });
    }
    PlanWalk.children(plan).forEach(child -> check(view, child, firstLine));
    PlanWalk.subqueries(plan).forEach(child -> check(view, child, firstLine));
  }

  private static StructType schema(SqlView view, LogicalPlan plan) {
    AnalysedView open = new AnalysedView(view, plan, new StructType());
    StructType schema = new StructType();
    List<String> names = new ArrayList<>();
    for (Attribute attribute : PlanWalk.list(plan.output())) {
      names.add(attribute.name());
      if (!COLUMN.matcher(attribute.name()).matches()) {
        throw open.refuse(
            "the column \""
                + attribute.name()
                + "\" needs a name of letters, digits and _ that begins with a letter; use AS");
      }
      DataType type = attribute.dataType();
      DataType one = type instanceof ArrayType array ? array.elementType() : type;
      boolean text = one instanceof org.apache.spark.sql.types.StringType;
      if (!text && !TYPES.contains(one) && !(one instanceof DecimalType)) {
        throw open.refuse(
            "the column "
                + attribute.name()
                + " has the type "
                + type.simpleString()
                + ", which PostgreSQL does not support; cast it, for example to "
                + cast(one));
      }
      schema = schema.add(attribute.name(), type, true, open.metadata(attribute, type));
    }
    TargetLimits.problem(view.name(), names)
        .ifPresent(
            problem -> {
              throw open.refuse(problem);
            });
    open.known("column", view.columns().keySet(), names);
    open.known("index", view.indexed(), names);
    open.key();
    return schema;
  }

  private static String cast(DataType type) {
    return switch (type.typeName()) {
      case "byte", "short" -> "INT";
      case "float" -> "DOUBLE";
      case "timestamp_ntz" -> "TIMESTAMP";
      default -> "STRING";
    };
  }

  private void known(String what, Iterable<String> named, List<String> columns) {
    for (String name : named) {
      if (!columns.contains(name)) {
        throw refuse(
            "the line \""
                + what
                + "\" names "
                + name
                + ", which is not a column of the SELECT: "
                + String.join(", ", columns));
      }
    }
  }

  /** A column that is taken over keeps what its own table says of it. */
  private Metadata metadata(Attribute attribute, DataType type) {
    Note note = view.columns().getOrDefault(attribute.name(), new Note("", ""));
    MetadataBuilder metadata = new MetadataBuilder();
    Metadata own = ColumnMeaning.of(plan, attribute);
    for (String key :
        List.of(
            ColumnMetadata.FHIR_TYPE,
            ColumnMetadata.FHIR_PATH,
            ColumnMetadata.DESCRIPTION,
            ColumnMetadata.ANSI_TYPE)) {
      if (own.contains(key)) {
        metadata.putString(key, own.getString(key));
      }
    }
    if (!note.description().isEmpty()) {
      metadata.putString(ColumnMetadata.DESCRIPTION, note.description());
    }
    if (!note.fhirType().isEmpty()) {
      metadata.putString(ColumnMetadata.FHIR_TYPE, note.fhirType());
    }
    metadata.putBoolean(ColumnMetadata.COLLECTION, type instanceof ArrayType);
    if (view.indexed().contains(attribute.name())) {
      metadata.putBoolean(ColumnMetadata.INDEX, true);
    }
    return metadata.build();
  }

  private SqlRefused refuse(String problem) {
    return new SqlRefused(view.file(), 0, problem);
  }

  /** The names of its columns. */
  public List<String> columns() {
    return Arrays.asList(schema.fieldNames());
  }
}
