package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.io.Serializable;
import org.apache.spark.unsafe.types.UTF8String;

/** What does not come out of the resource's elements. */
final class Constants {
  private Constants() {}

  /** A value that the view has; null for {}. */
  static final class Constant extends Single {
    private static final long serialVersionUID = 1L;
    private final Serializable value;

    Constant(Serializable value) {
      this.value = value;
    }

    Object constant() {
      return value;
    }

    /** Conditions are compared with Boolean.TRUE itself, and Java's serialization copies it. */
    private Object readResolve() {
      return value instanceof Boolean truth
          ? new Constant(truth.booleanValue() ? Boolean.TRUE : Boolean.FALSE)
          : this;
    }

    @Override
    Object element(Object focus, Frame frame) {
      return value;
    }
  }

  /** The key of the resource. */
  static final class Key extends Single {
    private static final long serialVersionUID = 1L;

    @Override
    Object element(Object focus, Frame frame) {
      return frame.key();
    }
  }

  /** Whether the resource has a security label that cannot be read. */
  static final class UnreadLabel extends Single {
    private static final long serialVersionUID = 1L;

    @Override
    Object element(Object focus, Frame frame) {
      return frame.labelUnread();
    }
  }

  /** Whether a document that names the Binary has a label of a list. */
  static final class DocumentLabel extends Single {
    private static final long serialVersionUID = 1L;
    private final int bit;

    DocumentLabel(int bit) {
      this.bit = bit;
    }

    @Override
    Object element(Object focus, Frame frame) {
      return (frame.documents() & bit) != 0 ? Boolean.TRUE : Boolean.FALSE;
    }
  }

  /** %rowIndex. */
  static final class RowIndex extends Single {
    private static final long serialVersionUID = 1L;
    private final int loop;

    RowIndex(int loop) {
      this.loop = loop;
    }

    @Override
    Object element(Object focus, Frame frame) {
      return frame.rowIndex(loop);
    }
  }

  static Constant of(Expr.Literal literal) {
    String text = literal.text();
    if (text == null) {
      return new Constant(null);
    }
    return new Constant(
        switch (literal.type().form()) {
          case BOOLEAN -> (Serializable) Boolean.parseBoolean(text);
          case INTEGER -> Integer.parseInt(text);
          case LONG -> Long.parseLong(text);
          default -> UTF8String.fromString(text);
        });
  }
}
