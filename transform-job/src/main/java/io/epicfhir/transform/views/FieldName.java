package io.epicfhir.transform.views;

import java.util.Arrays;

/** The name of a field as it stands in the resource's bytes; one object serves many. */
final class FieldName {
  private byte[] bytes;
  private int start;
  private int end;

  void set(byte[] in, int from, int to) {
    bytes = in;
    start = from;
    end = to;
  }

  boolean is(byte[] wanted) {
    return end - start == wanted.length
        && Arrays.equals(bytes, start, end, wanted, 0, wanted.length);
  }

  /** A number that equal names share; names that differ mostly differ in it. */
  int hash() {
    return hash(bytes, start, end);
  }

  static int hash(byte[] name) {
    return hash(name, 0, name.length);
  }

  private static int hash(byte[] in, int from, int to) {
    return from == to
        ? 0
        : (to - from) * 31 + in[from] * 7 + in[to - 1] * 13 + in[(from + to) >> 1];
  }
}
