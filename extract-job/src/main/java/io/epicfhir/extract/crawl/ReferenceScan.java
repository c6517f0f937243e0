package io.epicfhir.extract.crawl;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;

/**
 * Finds the references of a resource by its bytes, without reading its JSON token by token, which
 * costs as much as taking the resource in. It holds for what bronze has: one whole JSON object in
 * UTF-8. In such a text the name {@code "reference"} with both its quotes is a whole name or a
 * whole text, because a quote within a text has a backslash before it. Lines that spell a name or a
 * reference with escapes are left to the slower look.
 */
final class ReferenceScan {
  private static final Needle NAME = new Needle("\"reference\"");

  /** How an escaped letter of a name begins: U+0060 to U+007F. */
  private static final Needle ESCAPED = new Needle("\\u00");

  private final References wanted;

  ReferenceScan(References wanted) {
    this.wanted = wanted;
  }

  /**
   * Adds each wanted reference of the line between two places of a buffer, as "Type/id".
   *
   * @return whether all were understood; else nothing may have been added, or some
   */
  boolean scan(byte[] line, int from, int to, Set<String> found) {
    if (spellsLettersAsEscapes(line, from, to)) {
      return false;
    }
    for (int at = NAME.find(line, from, to);
        at >= 0;
        at = NAME.find(line, at + NAME.length(), to)) {
      if (line[at - 1] == '\\') { // the object's brace at least comes before
        return false; // the end of a longer name
      }
      int value = value(line, at + NAME.length());
      if (value >= 0) {
        int end = value;
        while (line[end] != '"') {
          if (line[end] == '\\') {
            return false;
          }
          end++;
        }
        String reference =
            wanted.reference(new String(line, value, end - value, StandardCharsets.UTF_8));
        if (reference != null) {
          found.add(reference);
        }
      }
    }
    return true;
  }

  private static boolean spellsLettersAsEscapes(byte[] line, int from, int to) {
    for (int at = ESCAPED.find(line, from, to); at >= 0; at = ESCAPED.find(line, at + 1, to)) {
      byte digit = line[at + ESCAPED.length()];
      if (digit == '6' || digit == '7') {
        return true;
      }
    }
    return false;
  }

  /** Where the text begins that has the name before {@code at}; below 0 where it has none. */
  private static int value(byte[] line, int at) {
    int colon = space(line, at);
    if (line[colon] != ':') {
      return -1;
    }
    int quote = space(line, colon + 1);
    return line[quote] == '"' ? quote + 1 : -1;
  }

  private static int space(byte[] line, int from) {
    int at = from;
    while (line[at] == ' ' || line[at] == '\t' || line[at] == '\r' || line[at] == '\n') {
      at++;
    }
    return at;
  }

  /** Horspool's search: it looks at one byte in as many as the needle has. */
  private static final class Needle {
    private final byte[] text;
    private final int[] skip = new int[256];

    Needle(String text) {
      this.text = text.getBytes(StandardCharsets.US_ASCII);
      Arrays.fill(skip, this.text.length);
      for (int i = 0; i < this.text.length - 1; i++) {
        skip[this.text[i]] = this.text.length - 1 - i;
      }
    }

    int length() {
      return text.length;
    }

    int find(byte[] in, int from, int to) {
      int last = text.length - 1;
      for (int end = from + last; end < to; end += skip[in[end] & 0xFF]) {
        if (in[end] == text[last] && Arrays.equals(in, end - last, end, text, 0, last)) {
          return end - last;
        }
      }
      return -1;
    }
  }
}
