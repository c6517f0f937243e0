package io.epicfhir.transform.documents;

import java.io.ByteArrayOutputStream;

/**
 * Bytes that a PDF writes as characters (PDF 32000-1, 7.4.2 and 7.4.3); what is odd is left out.
 */
final class PdfAscii {
  private static final int GROUP = 5;
  private static final int BASE = 85;

  private PdfAscii() {}

  static byte[] base85(byte[] text, int from) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long value = 0;
    int count = 0;
    for (int i = from; i < text.length && text[i] != '~'; i++) {
      int c = text[i];
      if (c == 'z' && count == 0) {
        write(out, 0, 4);
      } else if (c >= '!' && c <= 'u') {
        value = value * BASE + (c - '!');
        if (++count == GROUP) {
          write(out, value, 4);
          value = 0;
          count = 0;
        }
      }
    }
    if (count > 1) {
      int bytes = count - 1;
      for (; count < GROUP; count++) {
        value = value * BASE + BASE - 1;
      }
      write(out, value, bytes);
    }
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >> (24 - 8 * i)));
    }
  }

  static byte[] hex(byte[] text, int from) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int high = -1;
    for (int i = from; i < text.length && text[i] != '>'; i++) {
      int digit = Character.digit(text[i], 16);
      if (digit >= 0 && high < 0) {
        high = digit;
      } else if (digit >= 0) {
        out.write(high << 4 | digit);
        high = -1;
      }
    }
    if (high >= 0) {
      out.write(high << 4);
    }
    return out.toByteArray();
  }
}
