package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hl7.fhir.r4.fhirpath.ExpressionNode;

/** Resolves function calls. */
final class Functions {
  private static final Map<String, Op> TEXT =
      Map.of(
          "startsWith", Op.STARTS_WITH,
          "endsWith", Op.ENDS_WITH,
          "contains", Op.CONTAINS,
          "matches", Op.MATCHES,
          "upper", Op.UPPER,
          "lower", Op.LOWER,
          "length", Op.LENGTH);

  /** Ours, of documents in base64; no standard has them. */
  static final Map<String, Op> DOCUMENT =
      Map.of(
          "plainText", Op.PLAIN_TEXT,
          "plainTextProblem", Op.PLAIN_TEXT_PROBLEM,
          "plainTextCharset", Op.PLAIN_TEXT_CHARSET,
          "byteCount", Op.BYTE_COUNT,
          "sha256", Op.SHA256);

  private final Typing typing;
  private final ExpressionNode node;
  private final Expr source;
  private final Expr focus;

  private Functions(Typing typing, ExpressionNode node, Expr source, Expr focus) {
    this.typing = typing;
    this.node = node;
    this.source = source;
    this.focus = focus;
  }

  static Expr resolve(Typing typing, ExpressionNode node, Expr source, Expr focus) {
    return new Functions(typing, node, source, focus).resolve();
  }

  private Expr resolve() {
    String name = node.getName() == null ? "[]" : node.getName();
    if (TEXT.containsKey(name)) {
      return text(TEXT.get(name));
    }
    if (DOCUMENT.containsKey(name)) {
      return document(DOCUMENT.get(name));
    }
    return switch (name) {
      case "[]" -> item();
      case "first" -> single(0);
      case "last" -> single(-1);
      case "where" -> where();
      case "exists" -> new Expr.Exists(node.parameterCount() == 0 ? source : where());
      case "empty" -> not(new Expr.Exists(source));
      case "not" -> not(Operators.condition(node, source));
      case "all" -> not(new Expr.Exists(new Expr.Where(source, not(criteria()))));
      case "count" -> new Expr.Count(source);
      case "hasValue" -> new Expr.HasValue(source);
      case "ofType", "as" -> ofType(node, source, node.getParameters().get(0));
      case "extension" -> extension();
      case "join" -> new Expr.Join(Operators.text(node, source), separator());
      case "iif" -> iif();
      case "toString" -> text();
      case "lowBoundary" -> boundary(Op.LOW_BOUNDARY);
      case "highBoundary" -> boundary(Op.HIGH_BOUNDARY);
      case "getResourceKey" -> resourceKey();
      case "getReferenceKey" -> referenceKey();
      default ->
          throw refuse("the function " + name + " is not supported" + PathFeatures.reason(name));
    };
  }

  /** Chooses the type of value[x]; on an element of one type it keeps all or nothing. */
  static Expr ofType(ExpressionNode at, Expr source, ExpressionNode type) {
    ExpressionNode last = type;
    while (last.getInner() != null) {
      last = last.getInner();
    }
    String name = last.getName();
    if (source instanceof Expr.Choice choice) {
      return choice.variants().stream()
          .filter(variant -> variant.type().name().equals(name))
          .findFirst()
          .orElseThrow(
              () -> new PathException(choice.name() + " is never of type " + name, at.getStart()));
    }
    if (source.type().name().equals(name)) {
      return source;
    }
    throw new PathException(
        "this is of type " + source.type().name() + ", never " + name, at.getStart());
  }

  private Expr text(Op op) {
    List<Expr> arguments = new ArrayList<>(List.of(Operators.text(node, source)));
    node.getParameters().forEach(p -> arguments.add(Operators.text(p, typing.resolve(p, focus))));
    FhirType type =
        switch (op) {
          case UPPER, LOWER -> FhirType.STRING;
          case LENGTH -> FhirType.INTEGER;
          default -> FhirType.BOOLEAN;
        };
    return new Expr.Call(op, arguments, type);
  }

  /** A function of base64; those of its text take the content type, which may have no value. */
  private Expr document(Op op) {
    if (!source.type().name().equals("base64Binary")) {
      throw refuse(node.getName() + " needs a base64Binary, but this is " + source.type().name());
    }
    List<Expr> arguments = new ArrayList<>(List.of(source));
    boolean typed = op != Op.BYTE_COUNT && op != Op.SHA256;
    if (node.parameterCount() != (typed ? 1 : 0)) {
      throw refuse(node.getName() + (typed ? " takes the content type" : " takes no argument"));
    }
    node.getParameters().forEach(p -> arguments.add(Operators.text(p, typing.resolve(p, focus))));
    return new Expr.Call(op, arguments, op == Op.BYTE_COUNT ? FhirType.INTEGER : FhirType.STRING);
  }

  private Expr text() {
    if (!source.type().form().primitive()) {
      throw refuse(source.type().name() + " has no text; name a primitive element of it");
    }
    return call(Op.TO_STRING, FhirType.STRING, source);
  }

  private Expr item() {
    Expr index = typing.resolve(node.getParameters().get(0), focus);
    if (index instanceof Expr.Literal literal && literal.type().form() == Form.INTEGER) {
      int position = Integer.parseInt(literal.text());
      if (position >= 0) {
        return single(position);
      }
    }
    throw new PathException(
        "an index must be a whole number from 0", node.getParameters().get(0).getStart());
  }

  private Expr single(int index) {
    return new Expr.Item(needsType(source), index);
  }

  private Expr where() {
    return new Expr.Where(needsType(source), criteria());
  }

  private Expr criteria() {
    ExpressionNode criteria = node.getParameters().get(0);
    return Operators.condition(
        criteria, typing.resolve(criteria, new Expr.This(needsType(source).type())));
  }

  private Expr needsType(Expr value) {
    if (value instanceof Expr.Choice choice) {
      throw refuse(choice.name() + " can be of many types; name one with ofType()");
    }
    return value;
  }

  private Expr extension() {
    Expr url = typing.resolve(node.getParameters().get(0), focus);
    Expr extensions =
        Typing.member(source, "extension")
            .orElseThrow(() -> refuse(source.type().name() + " has no extensions"));
    Expr itsUrl = Typing.member(new Expr.This(extensions.type()), "url").orElseThrow();
    return new Expr.Where(extensions, Operators.resolve(node, Op.EQUAL, List.of(itsUrl, url)));
  }

  private String separator() {
    if (node.parameterCount() == 0) {
      return "";
    }
    Expr separator = typing.resolve(node.getParameters().get(0), focus);
    if (separator instanceof Expr.Literal literal && literal.type().form() == Form.TEXT) {
      return literal.text();
    }
    throw refuse("the separator of join must be a text in quotes");
  }

  private Expr iif() {
    List<Expr> arguments =
        new ArrayList<>(node.getParameters().stream().map(p -> typing.resolve(p, focus)).toList());
    Operators.condition(node, arguments.get(0));
    if (arguments.size() == 2) {
      arguments.add(new Expr.Literal(null, FhirType.NOTHING));
    }
    FhirType then = arguments.get(1).type();
    FhirType otherwise = arguments.get(2).type();
    FhirType type = then.form() == Form.NOTHING ? otherwise : then;
    if (!type.form().primitive()
        || (otherwise.form() != Form.NOTHING && otherwise.form() != type.form())) {
      throw refuse("both results of iif must be of one primitive type");
    }
    return new Expr.Call(Op.IIF, arguments, type);
  }

  private Expr boundary(Op op) {
    Form form = source.type().form();
    if (form != Form.DECIMAL && form != Form.TIMESTAMP && form != Form.TIME) {
      throw refuse(source.type().name() + " has no boundaries");
    }
    if (node.parameterCount() > 0) {
      throw refuse("a precision is not supported");
    }
    return call(op, source.type(), source);
  }

  private Expr resourceKey() {
    boolean resource =
        source instanceof Expr.Resource
            || (source instanceof Expr.This && source.type().isResource());
    if (!resource) {
      throw refuse("only a resource has a resource key; write %resource.getResourceKey()");
    }
    return new Expr.ResourceKey();
  }

  private Expr referenceKey() {
    if (!source.type().name().equals("Reference")) {
      throw refuse("getReferenceKey needs a Reference, but this is " + source.type().name());
    }
    String target = node.parameterCount() == 0 ? "" : node.getParameters().get(0).getName();
    if (target == null || (!target.isEmpty() && FhirType.resource(target).isEmpty())) {
      throw refuse("getReferenceKey takes the name of a resource type");
    }
    return new Expr.ReferenceKey(source, target);
  }

  private static Expr not(Expr condition) {
    return new Expr.Call(Op.NOT, List.of(condition), FhirType.BOOLEAN);
  }

  private static Expr call(Op op, FhirType type, Expr argument) {
    return new Expr.Call(op, List.of(argument), type);
  }

  private PathException refuse(String problem) {
    return new PathException(problem, node.getStart());
  }
}
