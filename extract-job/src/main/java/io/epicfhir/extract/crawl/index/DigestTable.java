package io.epicfhir.extract.crawl.index;

/**
 * A hash table from digests to a few numbers each, in flat arrays: millions of ids at 16 bytes each
 * and the numbers', without an object for any.
 */
public final class DigestTable {
  private static final int FIRST = 1 << 10;

  private final int width;
  private long[] keys = new long[2 * FIRST];
  private long[] values;
  private int size;

  /**
   * @param width numbers for each digest
   */
  public DigestTable(int width) {
    this.width = width;
    this.values = new long[width * FIRST];
  }

  int size() {
    return size;
  }

  /** The digest's slot; below 0 where it is not there. */
  public int find(Digest digest) {
    int slot = slot(keys, digest.high(), low(digest));
    return keys[2 * slot + 1] == 0 ? -1 : slot;
  }

  /** The digest's slot, which is made where there is none; good until the next one is made. */
  int put(Digest digest) {
    if (2 * (size + 1) > keys.length / 2) {
      grow();
    }
    int slot = slot(keys, digest.high(), low(digest));
    if (keys[2 * slot + 1] == 0) {
      keys[2 * slot] = digest.high();
      keys[2 * slot + 1] = low(digest);
      size++;
    }
    return slot;
  }

  /** Whether the digest is new; it is in from now on. */
  public boolean add(Digest digest) {
    int before = size;
    put(digest);
    return size > before;
  }

  long get(int slot, int number) {
    return values[slot * width + number];
  }

  void set(int slot, int number, long value) {
    values[slot * width + number] = value;
  }

  /** 0 marks an empty slot. */
  private static long low(Digest digest) {
    return digest.low() == 0 ? 1 : digest.low();
  }

  private static int slot(long[] keys, long high, long low) {
    int mask = keys.length / 2 - 1;
    int slot = (int) (high ^ (high >>> 32)) & mask;
    while (keys[2 * slot + 1] != 0 && (keys[2 * slot] != high || keys[2 * slot + 1] != low)) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private void grow() {
    long[] old = keys;
    long[] oldValues = values;
    keys = new long[2 * old.length];
    values = new long[2 * oldValues.length];
    for (int i = 0; i < old.length / 2; i++) {
      if (old[2 * i + 1] != 0) {
        int slot = slot(keys, old[2 * i], old[2 * i + 1]);
        keys[2 * slot] = old[2 * i];
        keys[2 * slot + 1] = old[2 * i + 1];
        System.arraycopy(oldValues, i * width, values, slot * width, width);
      }
    }
  }
}
