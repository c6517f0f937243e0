package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;
import io.epicfhir.transform.fhirpath.Form;
import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.PathException;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.util.List;
import java.util.regex.PatternSyntaxException;
import org.apache.spark.unsafe.types.UTF8String;

/** Compiles resolved expressions, and notes what they read. */
public final class EvalCompiler {
  private final Shape resource;

  public EvalCompiler(Shape resource) {
    this.resource = resource;
  }

  /**
   * A compiled expression.
   *
   * @param shape what is read of its elements; null where they are values
   */
  public record Compiled(Eval eval, Shape shape) {
    private Single single() {
      return (Single) eval;
    }
  }

  /**
   * Compiles an expression.
   *
   * @param focus what is read of the element that it starts from; null where that is a value
   * @param loop the forEach or repeat that it stands in, by its number
   * @throws PathException where it cannot be evaluated
   */
  public Compiled compile(Expr expr, Shape focus, int loop) {
    return new Scope(focus, loop).compile(expr);
  }

  /** Where an expression stands. */
  private final class Scope {
    private final Shape focus;
    private final int loop;

    Scope(Shape focus, int loop) {
      this.focus = focus;
      this.loop = loop;
    }

    Compiled compile(Expr expr) {
      if (expr instanceof Expr.This) {
        return new Compiled(new Paths.This(), focus);
      }
      if (expr instanceof Expr.Resource) {
        return new Compiled(new Paths.Resource(), resource);
      }
      if (expr instanceof Expr.Member member) {
        return member(member);
      }
      if (expr instanceof Expr.Sibling sibling) {
        Compiled source = compile(sibling.source());
        return new Compiled(
            source.eval().many()
                ? new Paths.SiblingOfMany(source.eval())
                : new Paths.Sibling(source.single()),
            resource.sibling());
      }
      if (expr instanceof Expr.Repeat repeat) {
        Compiled source = compile(repeat.source());
        Shape elements = source.shape().repeat(repeat);
        return new Compiled(new Paths.ListField(source.single(), elements.slot()), elements);
      }
      if (expr instanceof Expr.Where where) {
        return where(where);
      }
      if (expr instanceof Expr.Item item) {
        Compiled source = compile(item.source());
        return new Compiled(new Paths.Item(source.eval(), item.index()), source.shape());
      }
      if (expr instanceof Expr.Within within) {
        Compiled source = compile(within.source());
        Eval body = new Scope(source.shape(), loop).eval(within.body());
        return new Compiled(Paths.Within.of(source.eval(), body), null);
      }
      if (expr instanceof Expr.ReferenceKey key) {
        return new Compiled(referenceKey(key), null);
      }
      return new Compiled(values(expr), null);
    }

    private Compiled member(Expr.Member member) {
      Compiled source = compile(member.source());
      Shape child = source.shape().child(member.field(), member.type(), member.list());
      if (source.eval().many()) {
        return new Compiled(
            new Paths.FieldOfMany(source.eval(), child.slot(), member.list()), child);
      }
      return new Compiled(
          member.list()
              ? new Paths.ListField(source.single(), child.slot())
              : new Paths.Field(source.single(), child.slot()),
          child);
    }

    private Compiled where(Expr.Where where) {
      Compiled source = compile(where.source());
      Eval criteria = new Scope(source.shape(), loop).eval(where.criteria());
      return new Compiled(
          source.eval().many()
              ? new Filters.Where(source.eval(), criteria)
              : new Filters.WhereOne(source.single(), criteria),
          source.shape());
    }

    private Eval referenceKey(Expr.ReferenceKey key) {
      Compiled source = compile(key.source());
      resource.refersTo(key.target());
      int reference = source.shape().child("reference", FhirType.primitive("string"), false).slot();
      int type = source.shape().child("type", FhirType.primitive("uri"), false).slot();
      ReferenceKey keys = new ReferenceKey(key.target(), reference, type);
      return source.eval().many()
          ? new ReferenceKey.OfMany(source.eval(), keys)
          : new ReferenceKey.OfOne(source.single(), keys);
    }

    private Eval variants(Expr.Variants some) {
      Compiled source = compile(some.variants().get(0).source());
      int[] slots =
          some.variants().stream()
              .mapToInt(one -> source.shape().child(one.field(), one.type(), one.list()).slot())
              .toArray();
      return source.eval().many()
          ? new Variants.OfMany(source.eval(), slots)
          : new Variants.One(source.single(), slots);
    }

    private Eval eval(Expr expr) {
      return compile(expr).eval();
    }

    private Eval values(Expr expr) {
      if (expr instanceof Expr.Literal literal) {
        return Constants.of(literal);
      }
      if (expr instanceof Expr.RowIndex) {
        return new Constants.RowIndex(loop);
      }
      if (expr instanceof Expr.UnreadLabel) {
        return new Constants.UnreadLabel();
      }
      if (expr instanceof Expr.DocumentLabel label) {
        return new Constants.DocumentLabel(label.bit());
      }
      if (expr instanceof Expr.ResourceKey) {
        return new Constants.Key();
      }
      if (expr instanceof Expr.Exists exists) {
        return new Filters.Exists(eval(exists.source()));
      }
      if (expr instanceof Expr.HasValue hasValue) {
        return new Filters.HasValue(eval(hasValue.source()));
      }
      if (expr instanceof Expr.Count count) {
        return new Filters.Count(eval(count.source()));
      }
      if (expr instanceof Expr.Join join) {
        return new Texts.Join(eval(join.source()), UTF8String.fromString(join.separator()));
      }
      if (expr instanceof Expr.Union union) {
        Comparing comparing = Comparing.of(union.type().form(), union.type().form());
        return Filters.Union.of(all(union.parts()), comparing);
      }
      if (expr instanceof Expr.Choice choice) {
        return new Variants.All(choice.variants().stream().map(this::eval).toArray(Eval[]::new));
      }
      if (expr instanceof Expr.Variants some) {
        return variants(some);
      }
      return call((Expr.Call) expr);
    }

    private Eval[] all(List<Expr> on) {
      return on.stream().map(this::eval).toArray(Eval[]::new);
    }

    private Eval call(Expr.Call call) {
      Op op = call.op();
      List<Expr> on = call.arguments();
      Eval first = eval(on.get(0));
      Eval second = on.size() > 1 ? eval(on.get(1)) : null;
      return switch (op) {
        case NOT -> new Logic.Not(first);
        case AND, OR, XOR, IMPLIES ->
            on.size() > 2 ? new Logic.Chain(op, all(on)) : new Logic.Binary(op, first, second);
        case IIF -> Logic.Iif.of(first, second, eval(on.get(2)));
        case EQUAL -> equal(first, second, comparing(on));
        case NOT_EQUAL -> new Logic.Not(equal(first, second, comparing(on)));
        case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL ->
            new Comparisons.Ordered(op, first, second, comparing(on));
        case IN -> new Comparisons.In(first, second, comparing(on));
        case ADD, SUBTRACT, MULTIPLY, DIVIDE, INTEGER_DIVIDE, MODULO, NEGATE ->
            call.type().form() == Form.TEXT
                ? new Texts.Binary(op, first, second)
                : new Arithmetic(op, first, second, call.type().form());
        case CONCATENATE, STARTS_WITH, ENDS_WITH, CONTAINS ->
            on.size() > 2 ? new Texts.Chain(all(on)) : new Texts.Binary(op, first, second);
        case MATCHES -> matches(first, second);
        case UPPER, LOWER, LENGTH, TO_STRING -> new Texts.Unary(op, first);
        case XHTML_TEXT, PLAIN_TEXT, PLAIN_TEXT_PROBLEM, PLAIN_TEXT_CHARSET, BYTE_COUNT, SHA256 ->
            new Documents(op, first, second);
        case LOW_BOUNDARY -> new Boundary(first, true, on.get(0).type());
        case HIGH_BOUNDARY -> new Boundary(first, false, on.get(0).type());
      };
    }
  }

  private static Comparing comparing(List<Expr> on) {
    return Comparing.of(on.get(0).type().form(), on.get(1).type().form());
  }

  private static Eval equal(Eval left, Eval right, Comparing comparing) {
    if (comparing == Comparing.TEXT) {
      if (left instanceof Single path
          && right instanceof Constants.Constant constant
          && constant.constant() != null) {
        return new Comparisons.EqualConstant(path, constant.constant());
      }
      if (right instanceof Single path
          && left instanceof Constants.Constant constant
          && constant.constant() != null) {
        return new Comparisons.EqualConstant(path, constant.constant());
      }
    }
    return new Comparisons.Equal(left, right, comparing);
  }

  private static Eval matches(Eval text, Eval pattern) {
    if (pattern instanceof Constants.Constant constant && constant.constant() != null) {
      try {
        return new Texts.Matches(text, pattern, Texts.pattern(constant.constant()));
      } catch (PatternSyntaxException e) {
        throw new PathException("matches takes a regular expression: " + e.getDescription());
      }
    }
    return new Texts.Matches(text, pattern, null);
  }
}
