package io.epicfhir.extract.bronze;

/** A character of two to four bytes of UTF-8 (RFC 3629): no overlong form, no surrogate. */
final class Utf8Character {
  private Utf8Character() {}

  /** The place behind the character that begins at {@code from} with a byte above 0x7f, or -1. */
  static int end(byte[] in, int from, int end) {
    int first = in[from] & 0xff;
    int length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || from + length > end) {
      return -1;
    }
    int second = in[from + 1] & 0xff;
    int least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    int most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) {
      return -1;
    }
    for (int i = 2; i < length; i++) {
      if ((in[from + i] & 0xc0) != 0x80) {
        return -1;
      }
    }
    return from + length;
  }
}
