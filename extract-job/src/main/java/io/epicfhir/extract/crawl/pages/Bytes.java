package io.epicfhir.extract.crawl.pages;

/** Bytes that nobody changes, by identity: records with them are never compared. */
public final class Bytes {
  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  public static Bytes of(byte[] array) {
    return new Bytes(array);
  }

  public byte[] array() {
    return array;
  }
}
