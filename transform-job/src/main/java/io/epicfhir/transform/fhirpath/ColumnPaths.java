package io.epicfhir.transform.fhirpath;

import java.util.List;

/** Rewrites paths for Spark's columns, in which a primitive element is its value alone. */
public final class ColumnPaths {
  private ColumnPaths() {}

  /**
   * The same path without siblings of primitive elements.
   *
   * @throws PathException where it needs more than a field beside the element's own
   */
  public static Expr of(Expr expr) {
    if (expr instanceof Expr.Sibling sibling) {
      if (sibling.source() instanceof Expr.Member member) {
        return new Expr.Member(
            of(member.source()), "_" + member.field(), sibling.type(), member.list());
      }
      throw new PathException("extensions of " + sibling.source().type().name() + " are not read");
    }
    if (expr instanceof Expr.Member member) {
      return member(member);
    }
    if (expr instanceof Expr.Choice choice) {
      return new Expr.Choice(
          of(choice.source()),
          choice.name(),
          choice.variants().stream().map(ColumnPaths::member).toList());
    }
    if (expr instanceof Expr.Item item) {
      return new Expr.Item(of(item.source()), item.index());
    }
    if (expr instanceof Expr.Where where) {
      return new Expr.Where(of(where.source()), of(where.criteria()));
    }
    if (expr instanceof Expr.Exists exists) {
      return new Expr.Exists(of(exists.source()));
    }
    if (expr instanceof Expr.HasValue hasValue) {
      return new Expr.Exists(of(hasValue.source()));
    }
    if (expr instanceof Expr.Count count) {
      return new Expr.Count(of(count.source()));
    }
    if (expr instanceof Expr.Union union) {
      return new Expr.Union(of(union.left()), of(union.right()));
    }
    if (expr instanceof Expr.Join join) {
      return new Expr.Join(of(join.source()), join.separator());
    }
    if (expr instanceof Expr.ReferenceKey key) {
      return new Expr.ReferenceKey(of(key.source()), key.target());
    }
    if (expr instanceof Expr.Call call) {
      List<Expr> arguments = call.arguments().stream().map(ColumnPaths::of).toList();
      return new Expr.Call(call.op(), arguments, call.type());
    }
    return expr;
  }

  private static Expr.Member member(Expr.Member member) {
    return new Expr.Member(of(member.source()), member.field(), member.type(), member.list());
  }
}
