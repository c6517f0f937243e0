package io.epicfhir.transform.documents;

import java.util.Arrays;
import java.util.Base64;

/** Reads base64 as FHIR writes it: also with line breaks, and without padding. */
final class Base64Bytes {
  private Base64Bytes() {}

  /** The bytes; null where it is not base64. */
  static byte[] decoded(byte[] base64) {
    byte[] dense = new byte[base64.length];
    int length = 0;
    for (byte b : base64) {
      if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
        dense[length++] = b == '-' ? (byte) '+' : b == '_' ? (byte) '/' : b;
      }
    }
    try {
      byte[] out = new byte[length / 4 * 3 + 3];
      byte[] exact = length == dense.length ? dense : Arrays.copyOf(dense, length);
      int size = Base64.getDecoder().decode(exact, out);
      return Arrays.copyOf(out, size);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
