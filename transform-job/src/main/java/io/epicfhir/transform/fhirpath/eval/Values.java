package io.epicfhir.transform.fhirpath.eval;

import java.util.Arrays;

/** A list that is filled over and over. */
public final class Values {
  private Object[] items = new Object[8];
  private int size;

  /** How many there are. */
  public int size() {
    return size;
  }

  /** One of them, by its number from 0. */
  public Object get(int index) {
    return items[index];
  }

  /** All of them in an array of their own. */
  public Object[] toArray() {
    return Arrays.copyOf(items, size);
  }

  void add(Object item) {
    if (size == items.length) {
      items = Arrays.copyOf(items, 2 * size);
    }
    items[size++] = item;
  }

  void addAll(Object[] more) {
    int length = more.length;
    if (size + length > items.length) {
      items = Arrays.copyOf(items, Math.max(2 * size, size + length));
    }
    System.arraycopy(more, 0, items, size, length);
    size += length;
  }

  void clear() {
    size = 0;
  }

  void set(int index, Object item) {
    items[index] = item;
  }

  void cut(int newSize) {
    size = newSize;
  }

  /** Makes values of the elements from an index on. */
  void toValues(int from) {
    int kept = from;
    for (int i = from; i < size; i++) {
      Object value = Extended.value(items[i]);
      if (value != null) {
        items[kept++] = value;
      }
    }
    size = kept;
  }
}
