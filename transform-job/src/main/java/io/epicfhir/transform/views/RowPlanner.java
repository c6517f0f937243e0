package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.PathException;
import io.epicfhir.transform.fhirpath.Typing;
import io.epicfhir.transform.fhirpath.eval.EvalCompiler;
import io.epicfhir.transform.fhirpath.eval.Shape;
import io.epicfhir.transform.views.ViewDefinition.Iteration;
import io.epicfhir.transform.views.ViewDefinition.Select;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Compiles the tree of selects. A select's columns, its nested selects and its union follow each
 * other as steps, which crosses them as the specification asks.
 */
final class RowPlanner {
  private final ViewDefinition view;
  private final FhirType resource;
  private final Typing typing;
  private final Shape read;
  private final EvalCompiler compiler;
  private final List<ColumnTypes.Typed> columns = new ArrayList<>();
  private int loops;

  RowPlanner(ViewDefinition view, FhirType resource, Typing typing, Shape read) {
    this.view = view;
    this.resource = resource;
    this.typing = typing;
    this.read = read;
    this.compiler = new EvalCompiler(read);
  }

  /**
   * Where a select is evaluated: the type of its element, what is read of it, the loop it is in.
   */
  private record At(FhirType type, Shape shape, int loop) {}

  /** A select whose paths are compiled. */
  private record Node(
      Looping looping, At at, List<ColumnProgram> columns, List<Node> selects, List<Node> union) {
    /** The node's steps, which go on to others. */
    Step steps(Step next) {
      Step step = next;
      if (!union.isEmpty()) {
        step = new Step.Branches(union.stream().map(branch -> branch.steps(next)).toList());
      }
      for (int i = selects.size() - 1; i >= 0; i--) {
        step = selects.get(i).steps(step);
      }
      if (!columns.isEmpty()) {
        step = Step.Columns.before(step, at.loop(), columns);
      }
      if (looping == null) {
        return step;
      }
      Step none = looping.orNull() ? new Step.Blanks(all().toList(), next) : null;
      return new Step.Loop(
          looping.place, looping.path.eval(), looping.outer, at.loop(), step, none);
    }

    /** Its columns and those of all in it; the branches of a union fill the same ones. */
    private Stream<ColumnProgram> all() {
      return Stream.of(
              columns.stream(),
              selects.stream().flatMap(Node::all),
              union.stream().limit(1).flatMap(Node::all))
          .flatMap(Function.identity());
    }
  }

  /** What a select repeats over. */
  private record Looping(Place place, EvalCompiler.Compiled path, int outer, boolean orNull) {}

  CompiledView compile() {
    At start = new At(resource, read, 0);
    List<RowProgram.Condition> where =
        view.where().stream().map(path -> condition(path, start)).toList();
    List<Node> nodes = view.select().stream().map(select -> node(select, start)).toList();
    List<ViewColumn> planned = columns.stream().map(ColumnTypes.Typed::column).toList();
    TargetLimits.check(view.name(), planned);
    Step first = new Step.Emit();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      first = nodes.get(i).steps(first);
    }
    if (first.depth() > Step.DEEPEST) {
      throw ViewException.invalid(
          "Cannot compile view "
              + view.name()
              + ": its forEach, repeat and unionAll are nested more than "
              + Step.DEEPEST
              + " steps deep; split it into two views");
    }
    return new CompiledView(
        view, planned, new RowProgram(view.name(), where, first, loops, columns.size()));
  }

  private RowProgram.Condition condition(String path, At at) {
    Place place = new Place("where", path);
    Expr expr = checked(place, () -> typing.resolve(path, at.type()));
    Form form = expr.type().form();
    if (form != Form.BOOLEAN && form != Form.NOTHING) {
      throw refuse(place, "it must be boolean, but is " + expr.type().name());
    }
    return new RowProgram.Condition(place, checked(place, () -> compiled(expr, at)).eval());
  }

  private Node node(Select select, At at) {
    Looping looping = null;
    At inner = at;
    if (!select.paths().isEmpty()) {
      Expr expr = elements(select, at);
      looping = looping(select, expr, at);
      loops++;
      inner = new At(expr.type(), looping.path().shape(), loops);
    }
    List<ColumnProgram> own = new ArrayList<>();
    for (ViewDefinition.Column column : select.columns()) {
      own.add(column(column, inner));
    }
    List<Node> nested = new ArrayList<>();
    for (Select child : select.selects()) {
      nested.add(node(child, inner));
    }
    return new Node(looping, inner, own, nested, union(select.unionAll(), inner));
  }

  private static Place place(Select select) {
    String key =
        switch (select.iteration()) {
          case REPEAT -> "repeat";
          case FOR_EACH_OR_NULL -> "forEachOrNull";
          default -> "forEach";
        };
    return new Place(key, String.join(", ", select.paths()));
  }

  private Expr elements(Select select, At at) {
    Place place = place(select);
    Expr expr =
        checked(
            place,
            () ->
                select.iteration() == Iteration.REPEAT
                    ? typing.repeat(select.paths(), at.type())
                    : typing.resolve(select.paths().get(0), at.type()));
    if (expr.type().form() == Form.CHOICE) {
      throw refuse(place, "it can be of many types; name one with ofType()");
    }
    if (expr.type().equals(resource)) {
      throw refuse(place, "it is the resource itself; leave it out");
    }
    return expr;
  }

  private Looping looping(Select select, Expr expr, At at) {
    Place place = place(select);
    EvalCompiler.Compiled path = checked(place, () -> compiled(expr, at));
    return new Looping(place, path, at.loop(), select.iteration() == Iteration.FOR_EACH_OR_NULL);
  }

  private ColumnProgram column(ViewDefinition.Column column, At at) {
    Place place = new Place("column " + column.name(), column.path());
    Expr expr = checked(place, () -> typing.resolve(column.path(), at.type()));
    if (!expr.type().form().primitive()) {
      throw refuse(place, "it is " + expr.type().name() + "; name a primitive element of it");
    }
    FhirType type =
        ColumnTypes.type(column, expr.type())
            .orElseThrow(
                () ->
                    refuse(
                        place,
                        "it is declared as " + column.type() + ", but is " + expr.type().name()));
    columns.add(ColumnTypes.column(column, expr, type));
    return new ColumnProgram(
        place,
        columns.size() - 1,
        checked(place, () -> compiled(expr, at)).eval(),
        column.collection(),
        type.form(),
        expr instanceof Expr.RowIndex ? Integer.valueOf(0) : null);
  }

  /** The branches fill the same columns. */
  private List<Node> union(List<Select> branches, At at) {
    int start = columns.size();
    List<ColumnTypes.Typed> common = List.of();
    List<Node> nodes = new ArrayList<>();
    for (Select branch : branches) {
      columns.subList(start, columns.size()).clear();
      nodes.add(node(branch, at));
      List<ColumnTypes.Typed> found = List.copyOf(columns.subList(start, columns.size()));
      common = nodes.size() == 1 ? found : common(common, found);
    }
    columns.subList(start, columns.size()).clear();
    columns.addAll(common);
    return nodes;
  }

  private List<ColumnTypes.Typed> common(
      List<ColumnTypes.Typed> one, List<ColumnTypes.Typed> other) {
    try {
      return ColumnTypes.common(one, other);
    } catch (PathException e) {
      throw ViewException.invalid("Cannot compile view " + view.name() + ": " + e.getMessage());
    }
  }

  private EvalCompiler.Compiled compiled(Expr expr, At at) {
    return compiler.compile(expr, at.shape(), at.loop());
  }

  private <T> T checked(Place place, Supplier<T> work) {
    try {
      return work.get();
    } catch (PathException e) {
      throw refuse(place, e.getMessage(), e);
    } catch (RuntimeException | StackOverflowError e) {
      throw refuse(place, "the path cannot be read: " + e.getClass().getName(), e);
    }
  }

  private ViewException refuse(Place place, String problem, Throwable cause) {
    return new ViewException(
        ViewException.Kind.VALIDATION,
        "Cannot compile view " + view.name() + ", " + place.text() + ": " + problem,
        place.path(),
        cause);
  }

  private ViewException refuse(Place place, String problem) {
    return refuse(place, problem, null);
  }
}
