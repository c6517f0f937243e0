package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hl7.fhir.r4.fhirpath.ExpressionNode;
import org.hl7.fhir.r4.fhirpath.FHIRPathUtilityClasses.FHIRConstant;
import org.hl7.fhir.r4.model.Base;

/** Resolves the names of a path against the R4 definitions. */
public final class Typing {
  private final FhirType resource;
  private final Map<String, Expr.Literal> constants;

  /**
   * @param resource the type that the view reads
   * @param constants the view's constants by name
   */
  public Typing(FhirType resource, Map<String, Expr.Literal> constants) {
    this.resource = resource;
    this.constants = Map.copyOf(constants);
  }

  /**
   * Parses and resolves a path.
   *
   * @param path the text
   * @param focus what the path starts from
   * @throws PathException where it is no path, or names what is not there
   */
  public Expr resolve(String path, FhirType focus) {
    return resolve(PathParser.parse(path), new Expr.This(focus));
  }

  /** A repeat over paths of element names. */
  public Expr repeat(List<String> paths, FhirType focus) {
    return Repeats.resolve(paths, focus);
  }

  Expr resolve(ExpressionNode node, Expr focus) {
    Expr left;
    ExpressionNode operator = node;
    if (node.getKind() == ExpressionNode.Kind.Unary) {
      operator = node.getOpNext();
      Expr operand = chain(operator, focus);
      left =
          node.getOperation() == ExpressionNode.Operation.Minus
              ? Operators.resolve(node, Op.NEGATE, List.of(operand))
              : operand;
    } else {
      left = chain(node, focus);
    }
    for (; operator.getOperation() != null; operator = operator.getOpNext()) {
      left = binary(operator, left, focus);
    }
    return left;
  }

  private Expr binary(ExpressionNode operator, Expr left, Expr focus) {
    ExpressionNode right = operator.getOpNext();
    return switch (operator.getOperation()) {
      case As -> Functions.ofType(right, left, right);
      case Union -> Operators.union(right, left, chain(right, focus));
      default ->
          Operators.resolve(right, Operators.op(operator), List.of(left, chain(right, focus)));
    };
  }

  /** A term and all that hangs on it by dots. */
  private Expr chain(ExpressionNode first, Expr focus) {
    Expr value = null;
    for (ExpressionNode node = first; node != null; node = node.getInner()) {
      value = step(node, value, focus);
    }
    return value;
  }

  private Expr step(ExpressionNode node, Expr source, Expr focus) {
    return switch (node.getKind()) {
      case Name -> name(node, source, focus);
      case Function -> Functions.resolve(this, node, source == null ? focus : source, focus);
      case Constant -> constant(node, node.getConstant());
      case Group -> resolve(node.getGroup(), focus);
      case Unary -> throw new PathException("the sign stands in the wrong place", node.getStart());
    };
  }

  private Expr name(ExpressionNode node, Expr source, Expr focus) {
    String name = node.getName();
    if (source == null) {
      if (name.equals("$this")) {
        return focus;
      }
      if (name.startsWith("$")) {
        throw new PathException(name + " is not supported", node.getStart());
      }
      if (name.equals(resource.name()) && focus.type().equals(resource)) {
        return focus;
      }
    }
    if (name.equals("contained")) {
      throw new PathException("contained resources are not read", node.getStart());
    }
    return member(source == null ? focus : source, name)
        .orElseThrow(
            () ->
                new PathException(
                    (source == null ? focus : source).type().name()
                        + " has no element "
                        + name
                        + advice(name),
                    node.getStart()));
  }

  /** For those who write the JSON's name of a choice: FHIRPath's is another. */
  private static String advice(String name) {
    return name.matches("value[A-Z].*")
        ? "; FHIRPath writes value.ofType(Quantity), value.ofType(string) and so on"
        : "";
  }

  static Optional<Expr> member(Expr source, String name) {
    if (source.type().form() == Form.NOTHING) {
      return Optional.of(new Expr.Literal(null, FhirType.NOTHING));
    }
    if (source.type().form() == Form.CHOICE) {
      throw new PathException(
          source instanceof Expr.Choice choice
              ? choice.name() + " can be of many types; name one with ofType()"
              : "it can be of many types; name one with ofType()");
    }
    if (source.type().form().primitive()) {
      return primitiveChild(source, name);
    }
    return source.type().element(name).map(element -> element(source, element));
  }

  private static Expr element(Expr source, FhirType.Element element) {
    List<Expr.Member> variants = new ArrayList<>();
    for (FhirType.Variant variant : element.variants()) {
      variants.add(new Expr.Member(source, variant.field(), variant.type(), element.many()));
    }
    return element.choice() ? new Expr.Choice(source, element.name(), variants) : variants.get(0);
  }

  /** JSON keeps id and extensions of the primitive element x beside it, in _x. */
  private static Optional<Expr> primitiveChild(Expr primitive, String name) {
    if (computed(primitive) || (!name.equals("extension") && !name.equals("id"))) {
      return Optional.empty();
    }
    FhirType extension = FhirType.extension();
    Expr sibling = new Expr.Sibling(primitive, extension);
    return extension.element(name).map(child -> element(sibling, child));
  }

  /** A value that is not an element of the resource has nothing beside it. */
  private static boolean computed(Expr value) {
    if (value instanceof Expr.Call call) {
      return call.op() != Op.IIF;
    }
    return !(value instanceof Expr.Member
        || value instanceof Expr.This
        || value instanceof Expr.Item
        || value instanceof Expr.Where
        || value instanceof Expr.Union);
  }

  private Expr constant(ExpressionNode node, Base constant) {
    if (constant == null) {
      return new Expr.Literal(null, FhirType.NOTHING);
    }
    if (!(constant instanceof FHIRConstant)) {
      if (!constant.isPrimitive()) {
        throw new PathException("a value with a unit is not supported", node.getStart());
      }
      return new Expr.Literal(constant.primitiveValue(), FhirType.primitive(constant.fhirType()));
    }
    String text = constant.primitiveValue();
    if (text.startsWith("@T")) {
      return new Expr.Literal(text.substring(2), FhirType.primitive("time"));
    }
    if (text.startsWith("@")) {
      String type = text.contains("T") ? "dateTime" : "date";
      return new Expr.Literal(text.substring(1).replaceFirst("T$", ""), FhirType.primitive(type));
    }
    return named(node, text.substring(1).replaceAll("^[`']|[`']$", ""));
  }

  private Expr named(ExpressionNode node, String name) {
    return switch (name) {
      case "rowIndex" -> new Expr.RowIndex();
      case "resource", "rootResource" -> new Expr.Resource(resource);
      default -> {
        Expr.Literal constant = constants.get(name);
        if (constant == null) {
          throw new PathException("the view has no constant " + name, node.getStart());
        }
        yield constant;
      }
    };
  }
}
