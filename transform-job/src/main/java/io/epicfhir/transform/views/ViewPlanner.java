package io.epicfhir.transform.views;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.transform.fhirpath.ColumnPaths;
import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.Lowering;
import io.epicfhir.transform.fhirpath.PathException;
import io.epicfhir.transform.fhirpath.Scope;
import io.epicfhir.transform.fhirpath.Typing;
import io.epicfhir.transform.views.ViewDefinition.Select;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/**
 * Turns the tree of selects into a flat plan. Each forEach, repeat and unionAll becomes one explode
 * after the other, which crosses siblings as the specification asks and stays within Spark's
 * generated code; the columns are computed in one select at the end.
 */
final class ViewPlanner {
  private final ViewDefinition view;
  private final FhirType resource;
  private final Typing typing;
  private final ReadNode read;
  private final ColumnReads reads;
  private final RowSteps steps = new RowSteps();

  ViewPlanner(ViewDefinition view, FhirType resource, Typing typing, ReadNode read) {
    this.view = view;
    this.resource = resource;
    this.typing = typing;
    this.read = read;
    this.reads = new ColumnReads(read);
  }

  /** Where a select is evaluated: an element, its type, what is read of it, and when it counts. */
  private record At(FhirType type, ReadNode read, Scope scope, Column active) {}

  /** A column of the view, and how it is computed. */
  private record Planned(ViewColumn column, Column value) {}

  UnaryOperator<Dataset<Row>> compile() {
    String place = "view " + view.name();
    At start = new At(resource, read, Scope.ofResource(resource.name(), place), null);
    view.where().forEach(path -> where(path, start));
    List<Planned> planned = new ArrayList<>();
    view.select().forEach(select -> planned.addAll(plan(select, start)));
    distinctNames(planned);
    List<Column> output = new ArrayList<>();
    planned.forEach(p -> output.add(p.value().as(p.column().name())));
    output.add(col(Scope.KEY));
    return parsed -> rows(parsed, output);
  }

  private Dataset<Row> rows(Dataset<Row> parsed, List<Column> output) {
    return steps.apply(parsed).select(output.toArray(Column[]::new));
  }

  private void where(String path, At at) {
    String place = "view " + view.name() + ", where " + path;
    Expr expr = checked(place, () -> ColumnPaths.of(typing.resolve(path, at.type())));
    Form form = expr.type().form();
    if (form != Form.BOOLEAN && form != Form.NOTHING) {
      throw refuse(place, "it must be boolean, but is " + expr.type().name());
    }
    reads.add(expr, at.read());
    steps.filter(Lowering.single(expr, at.scope().at(place)).cast(DataTypes.BooleanType));
  }

  private List<Planned> plan(Select select, At at) {
    At inner = iterate(select, at);
    List<Planned> planned = new ArrayList<>();
    select.columns().forEach(column -> planned.add(column(column, inner)));
    select.selects().forEach(nested -> planned.addAll(plan(nested, inner)));
    if (!select.unionAll().isEmpty()) {
      planned.addAll(union(select.unionAll(), inner));
    }
    return planned;
  }

  private At iterate(Select select, At at) {
    if (select.paths().isEmpty()) {
      return at;
    }
    String key =
        switch (select.iteration()) {
          case REPEAT -> "repeat";
          case FOR_EACH_OR_NULL -> "forEachOrNull";
          default -> "forEach";
        };
    String place = "view " + view.name() + ", " + key + " " + String.join(", ", select.paths());
    Expr expr =
        checked(
            place,
            () ->
                select.iteration() == ViewDefinition.Iteration.REPEAT
                    ? typing.repeat(select.paths(), at.type())
                    : ColumnPaths.of(typing.resolve(select.paths().get(0), at.type())));
    if (expr.type().form() == Form.CHOICE) {
      throw refuse(place, "it can be of many types; name one with ofType()");
    }
    if (expr.type().equals(resource)) {
      throw refuse(place, "it is the resource itself; leave it out");
    }
    ReadNode element = reads.add(expr, at.read());
    boolean orNull = select.iteration() == ViewDefinition.Iteration.FOR_EACH_OR_NULL;
    RowSteps.Element reached = steps.explode(expr, at.scope().at(place), at.active(), orNull);
    Scope scope =
        new Scope(resource.name(), new Scope.Focus(reached.element()), reached.index(), place);
    return new At(expr.type(), element, scope, at.active());
  }

  private Planned column(ViewDefinition.Column column, At at) {
    String place = "view " + view.name() + ", column " + column.name() + ", path " + column.path();
    Expr expr = checked(place, () -> ColumnPaths.of(typing.resolve(column.path(), at.type())));
    if (!expr.type().form().primitive()) {
      throw refuse(place, "it is " + expr.type().name() + "; name a primitive element of it");
    }
    Form form = form(column, expr, place);
    reads.add(expr, at.read());
    Scope scope = at.scope().at(place);
    DataType type = form.sparkType();
    Column value;
    if (column.collection()) {
      type = DataTypes.createArrayType(type);
      value = RowSteps.orEmpty(Lowering.many(expr, scope), type);
    } else {
      value = Lowering.single(expr, scope).cast(type);
    }
    String fhirType = column.type().isEmpty() ? expr.type().name() : bare(column.type());
    return new Planned(
        new ViewColumn(
            column.name(),
            fhirType,
            column.collection(),
            column.description(),
            Optional.of(column.ansiType()).filter(t -> !t.isEmpty()),
            varied(expr),
            type),
        value);
  }

  /** The type's name without the URL that the specification allows before it. */
  private static String bare(String type) {
    return type.substring(type.lastIndexOf('/') + 1);
  }

  private static boolean varied(Expr expr) {
    return expr instanceof Expr.ResourceKey
        || expr instanceof Expr.ReferenceKey
        || List.of("id", "dateTime", "instant").contains(expr.type().name());
  }

  /** A declared type may widen a number or rename a text; it may not change what the value is. */
  private static Form form(ViewDefinition.Column column, Expr expr, String place) {
    Form found = expr.type().form();
    if (column.type().isEmpty()) {
      return found;
    }
    Form declared = Form.ofPrimitive(bare(column.type()));
    boolean widens =
        switch (declared) {
          case LONG -> found == Form.INTEGER;
          case DECIMAL -> found == Form.INTEGER || found == Form.LONG;
          case TEXT, TIMESTAMP, TIME ->
              found.sparkType().equals(DataTypes.StringType) && found != Form.DECIMAL;
          default -> false;
        };
    if (found != declared && !widens && found != Form.NOTHING) {
      throw refuse(place, "it is declared as " + column.type() + ", but is " + expr.type().name());
    }
    return declared;
  }

  private List<Planned> union(List<Select> branches, At at) {
    RowSteps.Branches split = steps.branch(branches.size(), at.active());
    List<List<Planned>> planned = new ArrayList<>();
    for (int i = 0; i < branches.size(); i++) {
      At branch = new At(at.type(), at.read(), at.scope(), split.active(i));
      planned.add(plan(branches.get(i), branch));
    }
    List<Planned> merged = new ArrayList<>();
    for (int c = 0; c < planned.get(0).size(); c++) {
      int position = c;
      planned.forEach(branch -> sameColumn(planned.get(0), branch, position));
      List<Column> values = planned.stream().map(branch -> branch.get(position).value()).toList();
      merged.add(new Planned(planned.get(0).get(c).column(), split.choose(values)));
    }
    return merged;
  }

  private void sameColumn(List<Planned> first, List<Planned> branch, int position) {
    if (first.size() != branch.size()) {
      throw refuse(
          "view " + view.name(), "the branches of unionAll have not the same number of columns");
    }
    ViewColumn expected = first.get(position).column();
    ViewColumn found = branch.get(position).column();
    if (!expected.name().equals(found.name()) || !expected.sparkType().equals(found.sparkType())) {
      throw refuse(
          "view " + view.name(),
          "the branches of unionAll differ in column "
              + (position + 1)
              + ": "
              + expected.name()
              + " "
              + expected.fhirType()
              + " and "
              + found.name()
              + " "
              + found.fhirType());
    }
  }

  private void distinctNames(List<Planned> planned) {
    Set<String> names = new HashSet<>();
    for (Planned p : planned) {
      if (!names.add(p.column().name().toLowerCase(Locale.ROOT))) {
        throw refuse("view " + view.name(), "the column " + p.column().name() + " is there twice");
      }
    }
  }

  private static <T> T checked(String place, Supplier<T> work) {
    try {
      return work.get();
    } catch (PathException e) {
      throw new ViewException(
          ViewException.Kind.VALIDATION, "Cannot compile " + place + ": " + e.getMessage(), e);
    }
  }

  private static ViewException refuse(String place, String problem) {
    return ViewException.invalid("Cannot compile " + place + ": " + problem);
  }
}
