package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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

  private static final String RESOURCE_TYPE_NEEDED =
      "getReferenceKey takes the name of a resource type";

  private final Typing typing;
  private final PathNode.Function node;
  private final Expr source;
  private final Expr focus;

  private Functions(Typing typing, PathNode.Function node, Expr source, Expr focus) {
    this.typing = typing;
    this.node = node;
    this.source = source == null ? focus : source;
    this.focus = focus;
  }

  /**
   * Resolves a call.
   *
   * @param source what it is called on; null where that is the focus
   */
  static Expr resolve(Typing typing, PathNode.Function node, Expr source, Expr focus) {
    return new Functions(typing, node, source, focus).resolve();
  }

  private Expr resolve() {
    String name = node.name();
    FunctionParameters.check(node);
    if (TEXT.containsKey(name)) {
      return text(TEXT.get(name));
    }
    if (DOCUMENT.containsKey(name)) {
      return document(DOCUMENT.get(name));
    }
    return switch (name) {
      case "first" -> Elements.single(source, 0, node.at());
      case "last" -> Elements.single(source, -1, node.at());
      case "where" -> where();
      case "exists" -> new Expr.Exists(node.parameters().size() == 0 ? source : where());
      case "empty" -> not(new Expr.Exists(source));
      case "not" -> not(Operators.condition(node.at(), source));
      case "all" -> all();
      case "count" -> new Expr.Count(source);
      case "hasValue" -> new Expr.HasValue(source);
      case "ofType", "as" -> Elements.ofType(node.at(), source, parameter(0));
      case "extension" -> extension();
      case "join" -> new Expr.Join(Operators.text(node.at(), source), separator());
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

  private Expr text(Op op) {
    List<Expr> arguments = new ArrayList<>(List.of(Operators.text(node.at(), source)));
    node.parameters().forEach(p -> arguments.add(Operators.text(p.at(), typing.resolve(p, focus))));
    FhirType type =
        switch (op) {
          case UPPER, LOWER -> FhirType.STRING;
          case LENGTH -> FhirType.INTEGER;
          default -> FhirType.BOOLEAN;
        };
    return new Expr.Call(op, arguments, type);
  }

  /**
   * A function of base64; those of its text take the content type, which may have no value. A
   * narrative says its text without one: it is always XHTML.
   */
  private Expr document(Op op) {
    String type = source.type().name();
    boolean none = node.parameters().isEmpty();
    if (op == Op.PLAIN_TEXT && type.equals("xhtml")) {
      if (!none) {
        throw refuse("plainText of an xhtml takes no content type");
      }
      return call(Op.XHTML_TEXT, FhirType.STRING, source);
    }
    if (!type.equals("base64Binary")) {
      String narrative = op == Op.PLAIN_TEXT ? " or an xhtml" : "";
      throw refuse(node.name() + " needs a base64Binary" + narrative + ", but this is " + type);
    }
    if (op == Op.PLAIN_TEXT && none) {
      throw refuse("plainText of a document takes its content type");
    }
    List<Expr> arguments = new ArrayList<>(List.of(source));
    node.parameters().forEach(p -> arguments.add(Operators.text(p.at(), typing.resolve(p, focus))));
    return new Expr.Call(op, arguments, op == Op.BYTE_COUNT ? FhirType.INTEGER : FhirType.STRING);
  }

  private Expr text() {
    if (!source.type().form().primitive()) {
      throw refuse(source.type().name() + " has no text; name a primitive element of it");
    }
    return call(Op.TO_STRING, FhirType.STRING, source);
  }

  private Expr where() {
    return new Expr.Where(Elements.needsType(source, node.at()), criteria());
  }

  private Expr criteria() {
    PathNode criteria = parameter(0);
    FhirType type = Elements.needsType(source, node.at()).type();
    return Operators.condition(criteria.at(), typing.resolve(criteria, new Expr.This(type)));
  }

  /** One for which the criteria have no answer does not meet them. */
  private Expr all() {
    Expr met = criteria();
    Expr unmet =
        new Expr.Call(
            Op.IIF,
            List.of(
                met,
                new Expr.Literal("false", FhirType.BOOLEAN),
                new Expr.Literal("true", FhirType.BOOLEAN)),
            FhirType.BOOLEAN);
    return not(new Expr.Exists(new Expr.Where(source, unmet)));
  }

  private Expr extension() {
    Expr url = typing.resolve(parameter(0), focus);
    Expr extensions =
        Typing.member(source, "extension")
            .orElseThrow(() -> refuse(source.type().name() + " has no extensions"));
    Expr itsUrl = Typing.member(new Expr.This(extensions.type()), "url").orElseThrow();
    return new Expr.Where(extensions, Operators.resolve(node.at(), Op.EQUAL, List.of(itsUrl, url)));
  }

  private String separator() {
    if (node.parameters().size() == 0) {
      return "";
    }
    Expr separator = typing.resolve(parameter(0), focus);
    if (separator instanceof Expr.Literal literal && literal.type().form() == Form.TEXT) {
      return literal.text();
    }
    throw refuse("the separator of join must be a quoted string");
  }

  /** On a source its arguments start from that one element, as where's criteria do. */
  private Expr iif() {
    if (source.equals(focus)) {
      return iif(focus);
    }
    return new Expr.Within(
        source, iif(new Expr.This(Elements.needsType(source, node.at()).type())));
  }

  private Expr iif(Expr from) {
    List<Expr> arguments = new ArrayList<>();
    node.parameters().forEach(p -> arguments.add(typing.resolve(p, from)));
    Operators.condition(node.at(), arguments.get(0));
    if (arguments.size() == 2) {
      arguments.add(new Expr.Literal(null, FhirType.NOTHING));
    }
    FhirType type =
        FhirType.common(arguments.get(1).type(), arguments.get(2).type())
            .filter(common -> common.form().primitive())
            .orElseThrow(() -> refuse("both results of iif must have the same primitive type"));
    return new Expr.Call(Op.IIF, arguments, type);
  }

  private Expr boundary(Op op) {
    Form form = source.type().form();
    if (form != Form.DECIMAL && form != Form.TIMESTAMP && form != Form.TIME) {
      throw refuse(source.type().name() + " has no boundaries");
    }
    if (node.parameters().size() > 0) {
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
    if (node.parameters().isEmpty()) {
      return new Expr.ReferenceKey(source, "");
    }
    String target =
        Elements.typeName(parameter(0))
            .orElseThrow(
                () -> refuse(RESOURCE_TYPE_NEEDED + ", without quotes: getReferenceKey(Patient)"));
    if (FhirType.resource(target).isEmpty()) {
      throw refuse(RESOURCE_TYPE_NEEDED + FhirType.meant(target));
    }
    return new Expr.ReferenceKey(source, target);
  }

  private PathNode parameter(int number) {
    return node.parameters().get(number);
  }

  private static Expr not(Expr condition) {
    return new Expr.Call(Op.NOT, List.of(condition), FhirType.BOOLEAN);
  }

  private static Expr call(Op op, FhirType type, Expr argument) {
    return new Expr.Call(op, List.of(argument), type);
  }

  private PathException refuse(String problem) {
    return new PathException(problem, node.at());
  }
}
