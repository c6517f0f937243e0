package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.eval.Eval.Many;
import io.epicfhir.transform.fhirpath.eval.Eval.Single;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The key that a reference holds: the id of Type/id, also where the reference is absolute or names
 * a version, and the UUID of urn:uuid. A search (Type?identifier=...) or a contained resource (#id)
 * has no key. A UUID counts as of any type unless Reference.type says another: it can never meet
 * the key of a resource of another type by chance.
 */
final class ReferenceKey implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final byte[] URN = "urn:uuid:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] HISTORY = "_history".getBytes(StandardCharsets.US_ASCII);

  private final byte[] target;
  private final int reference;
  private final int type;

  /**
   * @param target the resource type that counts, or empty for all
   * @param reference the slot of Reference.reference
   * @param type the slot of Reference.type
   */
  ReferenceKey(String target, int reference, int type) {
    this.target = target.getBytes(StandardCharsets.UTF_8);
    this.reference = reference;
    this.type = type;
  }

  /** The key of a Reference; null where it has none. */
  private UTF8String key(Object[] element) {
    if (!(Extended.value(element[reference]) instanceof UTF8String text)) {
      return null;
    }
    byte[] in = text.getBytes();
    if (starts(in, 0, in.length, URN)) {
      Object named = Extended.value(element[type]);
      boolean counts =
          target.length == 0 || named == null || UTF8String.fromBytes(target).equals(named);
      return counts ? slice(in, URN.length, in.length) : null;
    }
    return typed(in);
  }

  private UTF8String typed(byte[] in) {
    for (byte b : in) {
      if (b == '?' || b == '#') {
        return null;
      }
    }
    int end = in.length;
    int slash = slashBefore(in, end);
    int before = slash < 0 ? -1 : slashBefore(in, slash);
    if (before >= 0 && end > slash + 1 && is(in, before + 1, slash, HISTORY)) {
      end = before;
      slash = slashBefore(in, end);
      before = slash < 0 ? -1 : slashBefore(in, slash);
    }
    if (slash < 0 || slash + 1 == end || !ofType(in, before + 1, slash)) {
      return null;
    }
    for (int i = slash + 1; i < end; i++) {
      if (in[i] == '|') {
        return null;
      }
    }
    return slice(in, slash + 1, end);
  }

  private boolean ofType(byte[] in, int from, int to) {
    if (target.length > 0) {
      return is(in, from, to, target);
    }
    boolean name = from < to && in[from] >= 'A' && in[from] <= 'Z';
    for (int i = from; i < to && name; i++) {
      int small = in[i] | 0x20;
      name = small >= 'a' && small <= 'z';
    }
    return name;
  }

  private static int slashBefore(byte[] in, int end) {
    int at = end - 1;
    while (at >= 0 && in[at] != '/') {
      at--;
    }
    return at;
  }

  private static boolean is(byte[] in, int from, int to, byte[] wanted) {
    return to - from == wanted.length && starts(in, from, to, wanted);
  }

  private static boolean starts(byte[] in, int from, int to, byte[] wanted) {
    if (to - from < wanted.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (in[from + i] != wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static UTF8String slice(byte[] in, int from, int to) {
    return UTF8String.fromBytes(in, from, to - from);
  }

  /** The key of a single reference. */
  static final class OfOne extends Single {
    private static final long serialVersionUID = 1L;
    private final Single source;
    private final ReferenceKey keys;

    OfOne(Single source, ReferenceKey keys) {
      this.source = source;
      this.keys = keys;
    }

    @Override
    Object element(Object focus, Frame frame) {
      Object reference = source.element(focus, frame);
      return reference == null ? null : keys.key((Object[]) reference);
    }
  }

  /** The keys of many references, without those that have none. */
  static final class OfMany extends Many {
    private static final long serialVersionUID = 1L;
    private final Eval source;
    private final ReferenceKey keys;

    OfMany(Eval source, ReferenceKey keys) {
      this.source = source;
      this.keys = keys;
    }

    @Override
    public void elements(Object focus, Frame frame, Values out) {
      int mark = out.size();
      source.elements(focus, frame, out);
      int kept = mark;
      for (int i = mark; i < out.size(); i++) {
        UTF8String key = keys.key((Object[]) out.get(i));
        if (key != null) {
          out.set(kept++, key);
        }
      }
      out.cut(kept);
    }
  }
}
