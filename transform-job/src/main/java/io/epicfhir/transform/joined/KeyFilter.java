package io.epicfhir.transform.joined;

import java.util.Set;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Whether a value is one of some keys. Most values of a table are none: a look at a text's last
 * bytes, which differ in ids, tells that without a hash of all of it.
 */
final class KeyFilter {
  private static final int BITS_A_KEY = 16;
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final Set<Object> keys;
  private final long[] bits;
  private final int shift;

  /**
   * @param keys in Spark's own form
   */
  KeyFilter(Set<Object> keys) {
    this.keys = keys;
    int power =
        Math.max(10, Long.SIZE - Long.numberOfLeadingZeros((long) keys.size() * BITS_A_KEY));
    this.bits = new long[1 << (power - 6)];
    this.shift = Long.SIZE - power;
    for (Object key : keys) {
      if (key instanceof UTF8String text) {
        int bit = bit(text);
        bits[bit >>> 6] |= 1L << bit;
      }
    }
  }

  /** Whether it is. */
  boolean has(Object value) {
    if (value instanceof UTF8String text) {
      int bit = bit(text);
      if ((bits[bit >>> 6] & (1L << bit)) == 0) {
        return false;
      }
    }
    return keys.contains(value);
  }

  private int bit(UTF8String text) {
    int bytes = text.numBytes();
    long end =
        bytes < Long.BYTES
            ? text.hashCode()
            : Platform.getLong(text.getBaseObject(), text.getBaseOffset() + bytes - Long.BYTES);
    return (int) (((end ^ bytes) * GOLDEN) >>> shift);
  }
}
