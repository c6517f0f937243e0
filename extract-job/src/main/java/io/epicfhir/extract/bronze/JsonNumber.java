package io.epicfhir.extract.bronze;

/** A number as RFC 8259 spells it. */
final class JsonNumber {
  private JsonNumber() {}

  /** The place behind the number that begins at {@code from}, or -1 where none does. */
  static int end(byte[] in, int from, int end) {
    int i = from < end && in[from] == '-' ? from + 1 : from;
    int digits = digits(in, i, end);
    if (digits == i || (in[i] == '0' && digits > i + 1)) {
      return -1;
    }
    i = digits;
    if (i < end && in[i] == '.') {
      digits = digits(in, i + 1, end);
      if (digits == i + 1) {
        return -1;
      }
      i = digits;
    }
    if (i < end && (in[i] == 'e' || in[i] == 'E')) {
      i++;
      if (i < end && (in[i] == '+' || in[i] == '-')) {
        i++;
      }
      digits = digits(in, i, end);
      return digits == i ? -1 : digits;
    }
    return i;
  }

  private static int digits(byte[] in, int from, int end) {
    int i = from;
    while (i < end && in[i] >= '0' && in[i] <= '9') {
      i++;
    }
    return i;
  }
}
