package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Op;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.spark.unsafe.types.UTF8String;

/** Functions and operators of texts. */
final class Texts {
  private static final UTF8String BLANK = UTF8String.fromString("");

  private Texts() {}

  /** A function of one text. */
  static final class Unary extends Single {
    private static final long serialVersionUID = 1L;
    private final Op op;
    private final Eval operand;

    Unary(Op op, Eval operand) {
      this.op = op;
      this.operand = operand;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object value = operand.value(focus, frame);
      if (value == null) {
        return null;
      }
      return switch (op) {
        case UPPER -> ((UTF8String) value).toUpperCase();
        case LOWER -> ((UTF8String) value).toLowerCase();
        case LENGTH -> ((UTF8String) value).numChars();
        case TO_STRING -> text(value);
        default -> throw new IllegalStateException("no function of a text: " + op);
      };
    }
  }

  /** A function of two texts. */
  static final class Binary extends Single {
    private static final long serialVersionUID = 1L;
    private final Op op;
    private final Eval left;
    private final Eval right;

    Binary(Op op, Eval left, Eval right) {
      this.op = op;
      this.left = left;
      this.right = right;
    }

    @Override
    Object element(Object focus, Frame frame) {
      UTF8String l = (UTF8String) left.value(focus, frame);
      UTF8String r = (UTF8String) right.value(focus, frame);
      if (op == Op.CONCATENATE) {
        return UTF8String.concat(l == null ? BLANK : l, r == null ? BLANK : r);
      }
      if (l == null || r == null) {
        return null;
      }
      return switch (op) {
        case ADD -> UTF8String.concat(l, r);
        case STARTS_WITH -> l.startsWith(r);
        case ENDS_WITH -> l.endsWith(r);
        case CONTAINS -> l.contains(r);
        default -> throw new IllegalStateException("no function of two texts: " + op);
      };
    }
  }

  /** matches: whether a pattern is found anywhere in a text. */
  static final class Matches extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval text;
    private final Eval pattern;
    private final Pattern constant;

    /**
     * @param constant the pattern, where it is the same for all texts; else null
     */
    Matches(Eval text, Eval pattern, Pattern constant) {
      this.text = text;
      this.pattern = pattern;
      this.constant = constant;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object value = text.value(focus, frame);
      Object wanted = pattern.value(focus, frame);
      if (value == null || wanted == null) {
        return null;
      }
      Pattern compiled = constant == null ? computed(wanted) : constant;
      return compiled.matcher(value.toString()).find();
    }

    private static Pattern computed(Object regex) {
      try {
        return pattern(regex);
      } catch (PatternSyntaxException e) {
        // Its message has the regex, which is of the resource.
        throw new EvaluationException(
            Problem.NO_PATTERN,
            "the argument of matches() is not a valid regular expression; use contains(), or write"
                + " the expression in quotes");
      }
    }
  }

  /**
   * FHIRPath asks for <a href="https://hl7.org/fhirpath/N1/#matchesregex--string--boolean">single
   * line mode</a>: a point stands for the end of a line too.
   */
  static Pattern pattern(Object regex) {
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /** {@code &} of more than two. */
  static final class Chain extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval[] operands;

    Chain(Eval[] operands) {
      this.operands = operands;
    }

    @Override
    Object element(Object focus, Frame frame) {
      UTF8String[] texts = new UTF8String[operands.length];
      for (int i = 0; i < texts.length; i++) {
        Object text = operands[i].value(focus, frame);
        texts[i] = text == null ? BLANK : (UTF8String) text;
      }
      return UTF8String.concat(texts);
    }
  }

  /** join: all texts in one. */
  static final class Join extends Single {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final UTF8String separator;

    Join(Eval source, UTF8String separator) {
      this.source = source;
      this.separator = separator;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Values values = frame.take();
      source.values(focus, frame, values);
      Object joined = values.size() == 0 ? null : values.get(0);
      if (values.size() > 1) {
        UTF8String[] texts = new UTF8String[values.size()];
        for (int i = 0; i < texts.length; i++) {
          texts[i] = (UTF8String) values.get(i);
        }
        joined = UTF8String.concatWs(separator, texts);
      }
      frame.give();
      return joined;
    }
  }

  /** Any value as a text. */
  static UTF8String text(Object value) {
    return value instanceof UTF8String text ? text : UTF8String.fromString(value.toString());
  }
}
