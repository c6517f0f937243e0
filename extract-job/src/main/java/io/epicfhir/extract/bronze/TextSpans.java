package io.epicfhir.extract.bronze;

import java.util.Arrays;

/** Places of texts in a buffer, without their quotes. */
public final class TextSpans {
  private static final int FIRST = 16;

  private int[] places;
  private int size;

  TextSpans() {
    this(new int[FIRST], 0);
  }

  private TextSpans(int[] places, int size) {
    this.places = places;
    this.size = size;
  }

  void clear() {
    size = 0;
  }

  void add(int from, int to) {
    if (size == places.length) {
      places = Arrays.copyOf(places, 2 * size);
    }
    places[size++] = from;
    places[size++] = to;
  }

  TextSpans copy() {
    return new TextSpans(Arrays.copyOf(places, size), size);
  }

  /** How many texts. */
  public int count() {
    return size / 2;
  }

  /** Where a text begins. */
  public int from(int text) {
    return places[2 * text];
  }

  /** Where its closing quote is. */
  public int to(int text) {
    return places[2 * text + 1];
  }
}
