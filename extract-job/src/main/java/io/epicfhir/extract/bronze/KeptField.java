package io.epicfhir.extract.bronze;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The names of a line that bronze keeps a value of, recognized by their bytes; each is one bit. */
final class KeptField {
  static final int NONE = 0;
  static final int TYPE = 1;
  static final int ID = 2;
  static final int META = 4;
  static final int VERSION = 8;
  static final int UPDATED = 16;

  private static final byte[] RESOURCE_TYPE = ascii("resourceType");
  private static final byte[] ID_NAME = ascii("id");
  private static final byte[] META_NAME = ascii("meta");
  private static final byte[] VERSION_ID = ascii("versionId");
  private static final byte[] LAST_UPDATED = ascii("lastUpdated");
  private static final byte[] REFERENCE = ascii("reference");

  /** A name with one letter as an escape is so much longer. */
  private static final int ESCAPE = 5;

  private KeptField() {}

  /** Which of them a name of the resource itself is. */
  static int ofResource(byte[] in, int start, int length) {
    return switch (length) {
      case 2 -> is(ID_NAME, in, start, length) ? ID : NONE;
      case 4 -> is(META_NAME, in, start, length) ? META : NONE;
      default -> is(RESOURCE_TYPE, in, start, length) ? TYPE : NONE;
    };
  }

  /** Which of them a name of its meta is. */
  static int ofMeta(byte[] in, int start, int length) {
    return is(VERSION_ID, in, start, length)
        ? VERSION
        : is(LAST_UPDATED, in, start, length) ? UPDATED : NONE;
  }

  static boolean isReference(byte[] in, int start, int length) {
    return is(REFERENCE, in, start, length);
  }

  /** Whether it may spell "reference" with escapes. */
  static boolean isOddReference(byte[] in, int start, int length) {
    return length >= REFERENCE.length + ESCAPE
        && (in[start] == REFERENCE[0] || in[start] == '\\')
        && JsonString.escaped(in, start, start + length);
  }

  private static boolean is(byte[] name, byte[] in, int start, int length) {
    return length == name.length && Arrays.equals(in, start, start + length, name, 0, length);
  }

  private static byte[] ascii(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }
}
