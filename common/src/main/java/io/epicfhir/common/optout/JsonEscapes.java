package io.epicfhir.common.optout;

import java.util.Arrays;

/** JSON's way to write any character by its number, such as {@code \}{@code u002F}. */
final class JsonEscapes {
  private static final int LENGTH = 6;
  private static final int ASCII = 128;

  private JsonEscapes() {}

  /** Whether a character that an id or its slash may have is written by its number. */
  static boolean any(byte[] text, int offset, int length) {
    int end = offset + length - LENGTH;
    for (int i = offset; i <= end; i++) {
      if (text[i] == '\\' && ascii(text, i) > 0) {
        return true;
      }
    }
    return false;
  }

  /** The same text with these characters as they are. */
  static byte[] plain(byte[] text, int offset, int length) {
    byte[] plain = new byte[length];
    int to = 0;
    int end = offset + length;
    for (int i = offset; i < end; i++) {
      int code = text[i] == '\\' && i + LENGTH <= end ? ascii(text, i) : 0;
      plain[to++] = code > 0 ? (byte) code : text[i];
      i += code > 0 ? LENGTH - 1 : 0;
    }
    return Arrays.copyOf(plain, to);
  }

  /** The character's number; 0 where there is none. */
  private static int ascii(byte[] text, int at) {
    if (text[at + 1] != 'u') {
      return 0;
    }
    int code = 0;
    for (int i = at + 2; i < at + LENGTH; i++) {
      int digit = Character.digit(text[i], 16);
      if (digit < 0) {
        return 0;
      }
      code = code * 16 + digit;
    }
    return code < ASCII ? code : 0;
  }
}
