package io.epicfhir.transform.views;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Texts of JSON with escapes in them (RFC 8259, section 7), as UTF-8. */
final class JsonEscapes {
  private JsonEscapes() {}

  /**
   * The text without its escapes. Half of a surrogate pair, which UTF-8 cannot hold, becomes
   * U+FFFD.
   *
   * @param start behind the opening quote
   * @param end at the closing quote
   */
  static byte[] decoded(byte[] in, int start, int end) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - start);
    int at = start;
    while (at < end) {
      int plain = at;
      while (at < end && in[at] != '\\') {
        at++;
      }
      out.write(in, plain, at - plain);
      if (at < end) {
        at = escape(in, at + 1, end, out);
      }
    }
    return out.toByteArray();
  }

  /** From behind a backslash to behind the escape. */
  private static int escape(byte[] in, int at, int end, ByteArrayOutputStream out) {
    if (at >= end) {
      throw new MalformedJson();
    }
    int simple = "\"\\/bfnrt".indexOf(in[at]);
    if (simple >= 0) {
      out.write("\"\\/\b\f\n\r\t".charAt(simple));
      return at + 1;
    }
    if (in[at] != 'u') {
      throw new MalformedJson();
    }
    char unit = unit(in, at + 1, end);
    int next = at + 5;
    if (Character.isHighSurrogate(unit)
        && next + 6 <= end
        && in[next] == '\\'
        && in[next + 1] == 'u') {
      char low = unit(in, next + 2, end);
      if (Character.isLowSurrogate(low)) {
        write(Character.toCodePoint(unit, low), out);
        return next + 6;
      }
    }
    write(Character.isSurrogate(unit) ? 0xFFFD : unit, out);
    return next;
  }

  private static void write(int codePoint, ByteArrayOutputStream out) {
    out.writeBytes(Character.toString(codePoint).getBytes(StandardCharsets.UTF_8));
  }

  private static char unit(byte[] in, int at, int end) {
    if (at + 4 > end) {
      throw new MalformedJson();
    }
    int unit = 0;
    for (int i = at; i < at + 4; i++) {
      int digit = Character.digit(in[i], 16);
      if (digit < 0) {
        throw new MalformedJson();
      }
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }
}
