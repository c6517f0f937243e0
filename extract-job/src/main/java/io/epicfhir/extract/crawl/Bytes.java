package io.epicfhir.extract.crawl;

/** Bytes that nobody changes, by identity: records with them are never compared. */
final class Bytes {
  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  static Bytes of(byte[] array) {
    return new Bytes(array);
  }

  byte[] array() {
    return array;
  }
}
