package io.epicfhir.transform.fhirpath;

import org.hl7.fhir.utilities.SourceLocation;

/** Resolves what chooses among elements by their type or their number. */
final class Elements {
  private Elements() {}

  /** Chooses the type of value[x]; on an element of one type it keeps all or nothing. */
  static Expr ofType(SourceLocation at, Expr source, PathNode type) {
    if (!(type instanceof PathNode.Name named)) {
      throw new PathException("the name of a type is needed", type.at());
    }
    String name = named.name();
    if (source instanceof Expr.Choice choice) {
      return choice.variants().stream()
          .filter(variant -> variant.type().name().equals(name))
          .findFirst()
          .orElseThrow(() -> new PathException(choice.name() + " is never of type " + name, at));
    }
    if (source.type().name().equals(name)) {
      return source;
    }
    throw new PathException("this is of type " + source.type().name() + ", never " + name, at);
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
