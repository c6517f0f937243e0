package io.epicfhir.transform.fhirpath;

import java.io.Serializable;
import java.util.List;

/**
 * A FHIRPath expression with its names resolved: every node knows its type and whether it can be
 * many.
 */
public sealed interface Expr {
  /** The type of each value. */
  FhirType type();

  /** Whether there can be more than one value. */
  default boolean many() {
    return false;
  }

  /** What the view's paths start from: the resource. */
  record Resource(FhirType type) implements Expr {}

  /** The element at hand: of the innermost where, else of the select. */
  record This(FhirType type) implements Expr {}

  /**
   * A child element.
   *
   * @param field its name in JSON
   * @param list whether JSON writes a list
   */
  record Member(Expr source, String field, FhirType type, boolean list) implements Expr {
    @Override
    public boolean many() {
      return list || source.many();
    }
  }

  /** What JSON keeps beside a primitive element: its id and its extensions. */
  record Sibling(Expr source, FhirType type) implements Expr {
    @Override
    public boolean many() {
      return source.many();
    }
  }

  /** value[x], before one of its types is named. */
  record Choice(Expr source, String name, List<Member> variants) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.CHOICE;
    }

    @Override
    public boolean many() {
      return source.many();
    }
  }

  /**
   * value[x] where it is of one of some primitive types.
   *
   * @param type the one that all of them are
   */
  record Variants(List<Member> variants, FhirType type) implements Expr {
    @Override
    public boolean many() {
      return variants.get(0).many();
    }
  }

  /**
   * All elements that the paths reach, over and over, depth first.
   *
   * @param first those of the paths that the source has
   * @param more those of the paths that the reached elements have
   */
  record Repeat(Expr source, List<List<Step>> first, List<List<Step>> more, FhirType type)
      implements Expr {
    /**
     * A step of a path.
     *
     * @param field its name in JSON
     * @param list whether JSON writes a list
     */
    public record Step(String field, boolean list) implements Serializable {}

    @Override
    public boolean many() {
      return true;
    }
  }

  /** A value of the path or the view; null is {}. */
  record Literal(String text, FhirType type) implements Expr {}

  /** %unreadSecurityLabel: whether the resource has one that cannot be read. */
  record UnreadLabel() implements Expr {
    @Override
    public FhirType type() {
      return FhirType.BOOLEAN;
    }
  }

  /** %leftOutByDocument and %markedByDocument: whether a document that names the Binary is that. */
  record DocumentLabel(int bit) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.BOOLEAN;
    }
  }

  /** %rowIndex. */
  record RowIndex() implements Expr {
    @Override
    public FhirType type() {
      return FhirType.INTEGER;
    }
  }

  /**
   * One of many.
   *
   * @param index from 0; -1 is the last
   */
  record Item(Expr source, int index) implements Expr {
    @Override
    public FhirType type() {
      return source.type();
    }
  }

  /** Those for which the criteria are true. */
  record Where(Expr source, Expr criteria) implements Expr {
    @Override
    public FhirType type() {
      return source.type();
    }

    @Override
    public boolean many() {
      return source.many();
    }
  }

  /** Whether there is an element. */
  record Exists(Expr source) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.BOOLEAN;
    }
  }

  /** Whether there is one primitive element with a value: with extensions alone it has none. */
  record HasValue(Expr source) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.BOOLEAN;
    }
  }

  /** How many elements there are. */
  record Count(Expr source) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.INTEGER;
    }
  }

  /**
   * The values of all parts, each once.
   *
   * @param type what all of them are
   */
  record Union(List<Expr> parts, FhirType type) implements Expr {
    @Override
    public boolean many() {
      return true;
    }
  }

  /** What a path gives of the one element of another. */
  record Within(Expr source, Expr body) implements Expr {
    @Override
    public FhirType type() {
      return body.type();
    }

    @Override
    public boolean many() {
      return body.many();
    }
  }

  /** All values in one text. */
  record Join(Expr source, String separator) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.STRING;
    }
  }

  /** The key of the resource itself. */
  record ResourceKey() implements Expr {
    @Override
    public FhirType type() {
      return FhirType.STRING;
    }
  }

  /**
   * The key of what each reference points to.
   *
   * @param target the resource type that counts, or empty for all
   */
  record ReferenceKey(Expr source, String target) implements Expr {
    @Override
    public FhirType type() {
      return FhirType.STRING;
    }

    @Override
    public boolean many() {
      return source.many();
    }
  }

  /** A function of single values; iif gives what the chosen one of its results gives. */
  record Call(Op op, List<Expr> arguments, FhirType type) implements Expr {
    @Override
    public boolean many() {
      return op == Op.IIF && (arguments.get(1).many() || arguments.get(2).many());
    }
  }
}
