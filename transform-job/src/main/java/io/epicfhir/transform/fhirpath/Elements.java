package io.epicfhir.transform.fhirpath;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hl7.fhir.utilities.SourceLocation;

/** Resolves what chooses among elements by their type or their number. */
final class Elements {
  /** R4's <a href="https://hl7.org/fhir/R4/datatypes.html">data types</a> that others extend. */
  private static final Map<String, Set<String>> SUBTYPES =
      Map.of(
          "string", Set.of("code", "id", "markdown"),
          "uri", Set.of("url", "canonical", "uuid", "oid"),
          "integer", Set.of("positiveInt", "unsignedInt"),
          "Quantity", Set.of("Age", "Count", "Distance", "Duration"));

  private Elements() {}

  /** Chooses the type of value[x]; on an element of one type it keeps all or nothing. */
  static Expr ofType(SourceLocation at, Expr source, PathNode type) {
    String name =
        typeName(type)
            .orElseThrow(() -> new PathException("the name of a type is needed", type.at()));
    if (source instanceof Expr.Choice choice) {
      return ofType(at, choice, name);
    }
    if (isA(source.type(), name)) {
      return source;
    }
    throw new PathException("this is of type " + source.type().name() + ", never " + name, at);
  }

  /**
   * The name of a type, which may be that of a model before it; empty where it is no name.
   *
   * @throws PathException where the model is not FHIR
   */
  static Optional<String> typeName(PathNode type) {
    if (!(type instanceof PathNode.Name named)) {
      return Optional.empty();
    }
    boolean fhir =
        named.source() == null
            || (named.source() instanceof PathNode.Name model
                && model.source() == null
                && model.name().equals("FHIR"));
    if (!fhir) {
      throw new PathException(
          "only FHIR's types are known: write " + named.name() + " or FHIR." + named.name(),
          type.at());
    }
    return Optional.of(named.name());
  }

  private static Expr ofType(SourceLocation at, Expr.Choice choice, String name) {
    List<Expr.Member> fit =
        choice.variants().stream().filter(variant -> isA(variant.type(), name)).toList();
    if (fit.isEmpty()) {
      throw new PathException(choice.name() + " is never of type " + name, at);
    }
    if (fit.size() == 1) {
      return fit.get(0);
    }
    // Where complex types have subtypes, those of value[x] in extensions, the type itself is meant.
    return fit.stream()
        .filter(variant -> variant.type().form() == Form.COMPLEX)
        .filter(variant -> variant.type().name().equals(name))
        .map(Expr.class::cast)
        .findFirst()
        .orElseGet(() -> new Expr.Variants(fit, FhirType.primitive(name)));
  }

  /** Whether it is the type of that name or one that FHIR derives from it. */
  private static boolean isA(FhirType type, String name) {
    return type.name().equals(name) || SUBTYPES.getOrDefault(name, Set.of()).contains(type.name());
  }

  /** One of many by its number, which must be known now. */
  static Expr item(Expr source, Expr index, PathNode.Index at) {
    if (index instanceof Expr.Literal literal && literal.type().form() == Form.INTEGER) {
      int position = Integer.parseInt(literal.text());
      if (position >= 0) {
        return single(source, position, at.at());
      }
    }
    throw new PathException("an index must be a whole number from 0", at.index().at());
  }

  static Expr single(Expr source, int index, SourceLocation at) {
    return new Expr.Item(needsType(source, at), index);
  }

  static Expr needsType(Expr value, SourceLocation at) {
    if (value instanceof Expr.Choice choice) {
      throw new PathException(choice.name() + " can be of many types; name one with ofType()", at);
    }
    return value;
  }
}
