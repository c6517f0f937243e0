package io.epicfhir.transform.fhirpath;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Resolves the names of a path against the R4 definitions. */
public final class Typing {
  /** Deeper ones could not travel to tasks: Java writes what is nested by recursion. */
  private static final int DEEPEST = 100;

  static final String TOO_DEEP =
      "it nests more than " + DEEPEST + " levels deep; use fewer steps and brackets";

  private final FhirType resource;
  private final Map<String, Expr.Literal> constants;
  private int depth;

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
    depth = 0;
    return resolve(PathParser.parse(path), new Expr.This(focus));
  }

  /** A repeat over paths of element names. */
  public Expr repeat(List<String> paths, FhirType focus) {
    return Repeats.resolve(paths, focus);
  }

  Expr resolve(PathNode node, Expr focus) {
    if (++depth > DEEPEST) {
      throw new PathException(TOO_DEEP, node.at());
    }
    Expr resolved = resolved(node, focus);
    depth--;
    return resolved;
  }

  private Expr resolved(PathNode node, Expr focus) {
    if (node instanceof PathNode.Constant constant) {
      return new Expr.Literal(constant.text(), constant.type());
    }
    if (node instanceof PathNode.Variable variable) {
      return variable(variable);
    }
    if (node instanceof PathNode.Name name) {
      return name(name, source(name.source(), focus), focus);
    }
    if (node instanceof PathNode.Function function) {
      return Functions.resolve(this, function, source(function.source(), focus), focus);
    }
    if (node instanceof PathNode.Index index) {
      return Elements.item(resolve(index.source(), focus), resolve(index.index(), focus), index);
    }
    if (node instanceof PathNode.Sign sign) {
      Expr operand = resolve(sign.operand(), focus);
      return Operators.sign(sign, operand);
    }
    if (node instanceof PathNode.As as) {
      return Elements.ofType(as.at(), resolve(as.source(), focus), as.type());
    }
    PathNode.Operation operation = (PathNode.Operation) node;
    Op op = Operators.op(operation);
    List<Expr> operands = operation.operands().stream().map(o -> resolve(o, focus)).toList();
    return op == null
        ? Operators.union(operation.at(), operands)
        : Operators.resolve(operation.at(), op, operands);
  }

  private Expr source(PathNode source, Expr focus) {
    return source == null ? null : resolve(source, focus);
  }

  private Expr name(PathNode.Name node, Expr source, Expr focus) {
    String name = node.name();
    if (source == null) {
      if (name.equals("$this")) {
        return focus;
      }
      if (name.startsWith("$")) {
        throw new PathException(name + " is not supported", node.at());
      }
      if (name.equals(resource.name()) && focus.type().equals(resource)) {
        return focus;
      }
    }
    if (name.equals("contained")) {
      throw new PathException("contained resources are not read", node.at());
    }
    return member(source == null ? focus : source, name)
        .orElseThrow(
            () ->
                new PathException(
                    (source == null ? focus : source).type().name()
                        + " has no element "
                        + name
                        + advice(name),
                    node.at()));
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
    if (value instanceof Expr.Within within) {
      return computed(within.body());
    }
    return !(value instanceof Expr.Member
        || value instanceof Expr.Variants
        || value instanceof Expr.This
        || value instanceof Expr.Item
        || value instanceof Expr.Where
        || value instanceof Expr.Union);
  }

  private Expr variable(PathNode.Variable node) {
    String name = node.name();
    return switch (name) {
      case "unreadSecurityLabel" -> new Expr.UnreadLabel();
      case "leftOutByDocument" -> new Expr.DocumentLabel(DocumentBits.LEFT_OUT);
      case "markedByDocument" -> new Expr.DocumentLabel(DocumentBits.MARKED);
      case "rowIndex" -> new Expr.RowIndex();
      case "resource", "rootResource" -> new Expr.Resource(resource);
      default -> {
        Expr.Literal constant = constants.get(name);
        if (constant == null) {
          throw new PathException("the view has no constant " + name, node.at());
        }
        yield constant;
      }
    };
  }
}
