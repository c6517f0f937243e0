package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;

/** Notes what paths read whose values become Spark's columns. */
final class ColumnReads {
  private final ReadNode resource;

  ColumnReads(ReadNode resource) {
    this.resource = resource;
  }

  /**
   * Notes what a path reads.
   *
   * @param focus the element that the path starts from
   * @return the element that the path ends at; the resource where it ends at no element
   */
  ReadNode add(Expr expr, ReadNode focus) {
    if (expr instanceof Expr.This) {
      return focus;
    }
    if (expr instanceof Expr.Member member) {
      return add(member.source(), focus).child(member.field(), member.type(), member.list());
    }
    if (expr instanceof Expr.Repeat repeated) {
      return add(repeated.source(), focus).repeat(repeated);
    }
    if (expr instanceof Expr.Where where) {
      ReadNode source = add(where.source(), focus);
      add(where.criteria(), source);
      return source;
    }
    if (expr instanceof Expr.Item item) {
      return add(item.source(), focus);
    }
    addParts(expr, focus);
    return resource;
  }

  private void addParts(Expr expr, ReadNode focus) {
    if (expr instanceof Expr.Choice choice) {
      choice.variants().forEach(variant -> add(variant, focus));
    } else if (expr instanceof Expr.Exists exists) {
      add(exists.source(), focus);
    } else if (expr instanceof Expr.Count count) {
      add(count.source(), focus);
    } else if (expr instanceof Expr.Join join) {
      add(join.source(), focus);
    } else if (expr instanceof Expr.Union union) {
      add(union.left(), focus);
      add(union.right(), focus);
    } else if (expr instanceof Expr.ReferenceKey key) {
      ReadNode reference = add(key.source(), focus);
      reference.child("reference", FhirType.primitive("string"), false);
      reference.child("type", FhirType.primitive("uri"), false);
    } else if (expr instanceof Expr.Call call) {
      call.arguments().forEach(argument -> add(argument, focus));
    }
  }
}
