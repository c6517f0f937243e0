package io.epicfhir.transform.silver;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * The place of a content in the order of contents: the greatest counts. Of each part, none is less
 * than any.
 *
 * @param contentClass any of a higher one is preferred
 * @param orderTime its last_updated, never later than the export that reported it
 * @param number the digits of its version, without leading zeros; null where that is no number
 */
record Rank(
    int contentClass,
    Long orderTime,
    UTF8String number,
    Long exportTime,
    Long commitTime,
    Long contentHash)
    implements Comparable<Rank> {
  /** A whole version that a source holds. */
  static final int WHOLE = 3;

  /** A whole version since the last deletion that its source no longer holds. */
  static final int OBSOLETE_WHOLE = 2;

  /** A part of a resource (tag SUBSETTED) that a source holds. */
  static final int PART = 1;

  /** What nobody holds. */
  static final int NOTHING = 0;

  private static final Pattern NUMBER = Pattern.compile("^0*([0-9]+)$");

  private static final Comparator<Long> LONGS = Comparator.nullsFirst(Comparator.naturalOrder());
  private static final Comparator<UTF8String> NUMBERS =
      Comparator.nullsFirst(
          Comparator.comparingInt(UTF8String::numBytes).thenComparing(Comparator.naturalOrder()));
  private static final Comparator<Rank> ORDER =
      Comparator.comparingInt(Rank::contentClass)
          .thenComparing(Rank::orderTime, LONGS)
          .thenComparing(Rank::number, NUMBERS)
          .thenComparing(Rank::exportTime, LONGS)
          .thenComparing(Rank::commitTime, LONGS)
          .thenComparing(Rank::contentHash, LONGS);

  /** Numbers of any length compare by length, then by digits; null where it is no number. */
  static UTF8String number(UTF8String version) {
    Matcher digits = version == null ? null : NUMBER.matcher(version.toString());
    return digits != null && digits.find() ? UTF8String.fromString(digits.group(1)) : null;
  }

  @Override
  public int compareTo(Rank other) {
    return ORDER.compare(this, other);
  }
}
