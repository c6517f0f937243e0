package io.epicfhir.transform.views;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * The names that an element's fields may have, for a look at each field of each resource: those
 * that are read, and those that FHIR knows and nobody reads.
 */
final class FieldTable {
  /** What a field of a known name is. */
  static final class Entry {
    private final byte[] name;
    private final FieldReader reader;
    private final boolean beside;

    private Entry(byte[] name, FieldReader reader, boolean beside) {
      this.name = name;
      this.reader = reader;
      this.beside = beside;
    }

    /** Reads it; null where nobody does. */
    FieldReader reader() {
      return reader;
    }

    /** Whether the field holds what lies beside a primitive element, not the element's value. */
    boolean beside() {
      return beside;
    }
  }

  private final Entry[] slots;

  /**
   * @param read the fields that are read
   * @param known the names that FHIR has
   */
  FieldTable(List<FieldReader> read, Collection<String> known) {
    int size = Integer.highestOneBit(Math.max(8, 4 * (2 * read.size() + known.size()))) * 2;
    slots = new Entry[size];
    read.forEach(reader -> put(new Entry(reader.name(), reader, false)));
    read.stream()
        .filter(FieldReader::extensible)
        .forEach(reader -> put(new Entry(besideName(reader), reader, true)));
    for (String name : known) {
      put(new Entry(name.getBytes(StandardCharsets.UTF_8), null, false));
    }
  }

  /** The field; null where FHIR has none of that name. */
  Entry find(FieldName name) {
    int at = name.hash() & (slots.length - 1);
    while (slots[at] != null && !name.is(slots[at].name)) {
      at = (at + 1) & (slots.length - 1);
    }
    return slots[at];
  }

  private static byte[] besideName(FieldReader reader) {
    byte[] name = reader.name();
    byte[] beside = new byte[name.length + 1];
    beside[0] = '_';
    System.arraycopy(name, 0, beside, 1, name.length);
    return beside;
  }

  private void put(Entry entry) {
    int at = FieldName.hash(entry.name) & (slots.length - 1);
    while (slots[at] != null) {
      if (Arrays.equals(slots[at].name, entry.name)) {
        return; // read ones come first
      }
      at = (at + 1) & (slots.length - 1);
    }
    slots[at] = entry;
  }
}
