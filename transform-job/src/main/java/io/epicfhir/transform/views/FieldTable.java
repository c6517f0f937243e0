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

    private Entry(byte[] name, FieldReader reader) {
      this.name = name;
      this.reader = reader;
    }

    /** Reads it; null where nobody does. */
    FieldReader reader() {
      return reader;
    }
  }

  private final Entry[] slots;

  /**
   * @param read the fields that are read
   * @param known the names that FHIR has
   */
  FieldTable(List<FieldReader> read, Collection<String> known) {
    int size = Integer.highestOneBit(Math.max(8, 4 * (read.size() + known.size()))) * 2;
    slots = new Entry[size];
    read.forEach(reader -> put(new Entry(reader.name(), reader)));
    for (String name : known) {
      put(new Entry(name.getBytes(StandardCharsets.UTF_8), null));
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
