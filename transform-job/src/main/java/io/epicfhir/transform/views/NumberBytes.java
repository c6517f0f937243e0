package io.epicfhir.transform.views;

/** Numbers of JSON as they stand in the bytes. */
final class NumberBytes {
  private NumberBytes() {}

  /** Whether a value that begins so is a number. */
  static boolean begins(byte first) {
    return first == '-' || (first >= '0' && first <= '9');
  }

  /** Whether a number may have such a byte. */
  static boolean holds(byte b) {
    return (b >= '0' && b <= '9') || b == '.' || b == 'e' || b == 'E' || b == '+' || b == '-';
  }

  /** The number between two places; null where it is no whole one of 64 bits. */
  static Long whole(byte[] in, int start, int end) {
    boolean negative = in[start] == '-';
    long value = 0; // the negative numbers reach one further
    for (int i = negative ? start + 1 : start; i < end; i++) {
      int digit = in[i] - '0';
      if (digit < 0 || digit > 9 || value < (Long.MIN_VALUE + digit) / 10) {
        return null;
      }
      value = value * 10 - digit;
    }
    if (!negative && value == Long.MIN_VALUE) {
      return null;
    }
    return negative ? value : -value;
  }
}
