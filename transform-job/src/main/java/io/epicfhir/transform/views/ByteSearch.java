package io.epicfhir.transform.views;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds a byte, eight at a time. */
final class ByteSearch {
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;

  private ByteSearch() {}

  /** The eight bytes from here on, the first one lowest. */
  static long word(byte[] in, int at) {
    return (long) WORD.get(in, at);
  }

  /** The high bit of each byte that is zero; a byte above one may show it too, never the first. */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGH;
  }

  /**
   * Where the first of two bytes stands; where neither does, a place less than eight bytes before
   * {@code to}.
   *
   * @param one a byte, eight times
   */
  static int either(long one, long other, byte[] in, int from, int to) {
    int i = from;
    while (i + 8 <= to) {
      long word = word(in, i);
      long found = zeros(word ^ one) | zeros(word ^ other);
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
      i += 8;
    }
    return i;
  }

  /** Where the byte stands first, or {@code to} where it does not. */
  static int find(byte wanted, byte[] in, int from, int to) {
    long wants = ONES * (wanted & 0xFF);
    int i = from;
    while (i + 8 <= to) {
      long found = zeros(word(in, i) ^ wants);
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
      i += 8;
    }
    while (i < to && in[i] != wanted) {
      i++;
    }
    return i;
  }
}
