package io.epicfhir.extract.bronze;

/** The words of JSON: true, false and null. */
final class JsonWord {
  private JsonWord() {}

  /** The place behind a word that begins there; -1 where another text does. */
  static int end(String word, byte[] in, int at, int end) {
    int length = word.length();
    if (at + length > end) {
      return -1;
    }
    for (int i = 0; i < length; i++) {
      if (in[at + i] != word.charAt(i)) {
        return -1;
      }
    }
    return at + length;
  }
}
