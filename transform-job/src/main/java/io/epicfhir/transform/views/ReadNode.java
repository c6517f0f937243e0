package io.epicfhir.transform.views;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.Lowering;
import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the views read of one element: the union of their paths, and nothing else. Fields are kept
 * in the order of their names, so the same views always give the same schema.
 */
final class ReadNode implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Form form;
  private final TreeSet<String> known;
  private final boolean list;
  private final List<List<String>> repeat;
  private final TreeMap<String, ReadNode> children = new TreeMap<>();
  private final TreeSet<String> targets = new TreeSet<>();

  private ReadNode(FhirType type, boolean list, List<List<String>> repeat) {
    this.form = type.form();
    this.known = new TreeSet<>(type.fieldNames());
    this.list = list;
    this.repeat = repeat;
  }

  static ReadNode ofResource(FhirType type) {
    return new ReadNode(type, false, List.of());
  }

  Form form() {
    return form;
  }

  /** The names that FHIR gives the element's fields. */
  Set<String> known() {
    return known;
  }

  boolean list() {
    return list;
  }

  /** The paths that are flattened into this list; empty for an element of JSON. */
  List<List<String>> repeat() {
    return repeat;
  }

  /** The resource types that references of the views are keys of. */
  Set<String> targets() {
    return targets;
  }

  Map<String, ReadNode> children() {
    return children;
  }

  /**
   * Notes what a path reads below this resource.
   *
   * @param focus the element that the path starts from
   * @return the element that the path ends at; this resource where it ends at no element
   */
  ReadNode add(Expr expr, ReadNode focus) {
    if (expr instanceof Expr.This) {
      return focus;
    }
    if (expr instanceof Expr.Member member) {
      return add(member.source(), focus).child(member.field(), member.type(), member.list());
    }
    if (expr instanceof Expr.Repeat repeated) {
      return add(repeated.source(), focus)
          .children
          .computeIfAbsent(
              Lowering.fieldOf(repeated),
              name -> new ReadNode(repeated.type(), true, repeated.paths()));
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
    return this;
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
      targets.add(key.target());
      reference.child("reference", FhirType.primitive("string"), false);
      reference.child("type", FhirType.primitive("uri"), false);
    } else if (expr instanceof Expr.Call call) {
      call.arguments().forEach(argument -> add(argument, focus));
    }
  }

  private ReadNode child(String field, FhirType type, boolean childList) {
    return children.computeIfAbsent(field, name -> new ReadNode(type, childList, List.of()));
  }
}
