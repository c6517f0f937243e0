package io.epicfhir.extract.bronze;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * A string as RFC 8259 spells it, in well-formed UTF-8; eight bytes at a time where they are plain.
 */
final class JsonString {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;

  private JsonString() {}

  /**
   * The place behind the closing quote of the string whose first quote is at {@code from}, or -1.
   */
  static int end(byte[] in, int from, int end) {
    int i = from + 1;
    while (i >= 0 && i < end) {
      if (i + 8 <= end) {
        long special = special((long) WORD.get(in, i));
        if (special == 0) {
          i += 8;
          continue;
        }
        i += Long.numberOfTrailingZeros(special) >>> 3;
      }
      byte b = in[i];
      if (b == '"') {
        return i + 1;
      }
      i = b >= ' ' && b != '\\' ? i + 1 : unusual(in, i, end);
    }
    return -1;
  }

  /** Whether there is an escape in a sound string's bytes. */
  static boolean escaped(byte[] in, int from, int to) {
    for (int i = from; i < to; i++) {
      if (in[i] == '\\') {
        return true;
      }
    }
    return false;
  }

  /**
   * The highest bits of bytes that are a quote, a backslash, a control or no ASCII; the first one
   * that is set is exact.
   */
  private static long special(long word) {
    long quote = word ^ (ONES * '"');
    long slash = word ^ (ONES * '\\');
    long control = (word - ONES * ' ') & ~word;
    return (word | ((quote - ONES) & ~quote) | ((slash - ONES) & ~slash) | control) & HIGH;
  }

  /** The place behind an escape or a character of several bytes, or -1. */
  private static int unusual(byte[] in, int i, int end) {
    if (in[i] < 0) {
      return Utf8Character.end(in, i, end);
    }
    if (in[i] != '\\' || i + 1 >= end) {
      return -1;
    }
    return switch (in[i + 1]) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> i + 2;
      case 'u' -> i + 6 <= end && hex(in, i + 2) ? i + 6 : -1;
      default -> -1;
    };
  }

  private static boolean hex(byte[] in, int from) {
    for (int i = from; i < from + 4; i++) {
      if (Character.digit((char) (in[i] & 0xff), 16) < 0) {
        return false;
      }
    }
    return true;
  }
}
