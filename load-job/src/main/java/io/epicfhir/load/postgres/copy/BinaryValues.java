package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.ColumnType;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Values in PostgreSQL's binary formats (its sources: numeric_recv, timestamptz_recv, date_recv and
 * their like), from their texts. Only texts that have one meaning, PostgreSQL's own, are taken;
 * {@link NotPlain} for all others.
 */
final class BinaryValues {
  /** 2000-01-01, from which PostgreSQL counts, as a day of the epoch. */
  private static final int NEGATIVE = 0x4000;

  /** Beyond it a number is written out by its exponent alone: PostgreSQL may judge that. */
  private static final int MOST_DIGITS = 1_000;

  private BinaryValues() {}

  /** A text that is left to PostgreSQL. */
  static final class NotPlain extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NotPlain() {
      super("a value that is not plain", null, false, false); // it is caught, and names no value
    }
  }

  /** Whether some value of the type has a binary form here. */
  static boolean has(ColumnType type) {
    return type != ColumnType.DOUBLE && type != ColumnType.TIME;
  }

  static byte[] of(ColumnType type, byte[] text) {
    return switch (type) {
      case TEXT -> text;
      case BOOLEAN -> new byte[] {(byte) (truth(text) ? 1 : 0)};
      case INTEGER -> ByteBuffer.allocate(Integer.BYTES).putInt(small(text)).array();
      case BIGINT -> ByteBuffer.allocate(Long.BYTES).putLong(whole(text)).array();
      case NUMERIC -> numeric(text);
      case DATE ->
          ByteBuffer.allocate(Integer.BYTES)
              .putInt((int) BinaryTimes.day(text, text.length))
              .array();
      case TIMESTAMPTZ ->
          ByteBuffer.allocate(Long.BYTES).putLong(BinaryTimes.instant(text)).array();
      case DOUBLE, TIME -> throw new NotPlain();
    };
  }

  private static boolean truth(byte[] text) {
    String word = ascii(text);
    if (!word.equals("true") && !word.equals("false")) {
      throw new NotPlain();
    }
    return word.equals("true");
  }

  private static int small(byte[] text) {
    long number = whole(text);
    if (number != (int) number) {
      throw new NotPlain();
    }
    return (int) number;
  }

  private static long whole(byte[] text) {
    try {
      return Long.parseLong(ascii(text));
    } catch (NumberFormatException e) {
      throw new NotPlain();
    }
  }

  /**
   * Number of groups, weight of the first, sign, digits behind the point; then groups of four
   * digits.
   */
  private static byte[] numeric(byte[] text) {
    byte[] plain = plainDecimal(text);
    int start = plain.length > 0 && plain[0] == '-' ? 1 : 0;
    int point = start;
    while (point < plain.length && plain[point] != '.') {
      point++;
    }
    int scale = point == plain.length ? 0 : plain.length - point - 1;
    int wholeGroups = (point - start + 3) / 4;
    int groups = wholeGroups + (scale + 3) / 4;
    ByteBuffer out = ByteBuffer.allocate(8 + 2 * groups);
    out.putShort((short) groups).putShort((short) (wholeGroups - 1));
    boolean zero = true;
    out.putShort((short) 0).putShort((short) scale);
    for (int group = 0; group < groups; group++) {
      int digits = 0;
      for (int i = 0; i < 4; i++) {
        int at =
            group < wholeGroups
                ? point - 4 * (wholeGroups - group) + i
                : point + 1 + 4 * (group - wholeGroups) + i;
        digits = digits * 10 + (at < start || at >= plain.length ? 0 : plain[at] - '0');
      }
      zero &= digits == 0;
      out.putShort((short) digits);
    }
    if (start == 1 && !zero) {
      out.putShort(4, (short) NEGATIVE);
    }
    return out.array();
  }

  /** Digits with a sign and a point at most, at least one digit on each side of the point. */
  private static byte[] plainDecimal(byte[] text) {
    boolean exponent = false;
    int points = 0;
    for (int i = 0; i < text.length; i++) {
      byte b = text[i];
      boolean digit = b >= '0' && b <= '9';
      boolean inner = i > 0 && i < text.length - 1;
      if (b == '.' && inner && text[i - 1] != '-') {
        points++;
      } else if ((b == 'e' || b == 'E') && inner) {
        exponent = true;
      } else if (!digit && !(b == '-' && (i == 0 || exponent)) && !(b == '+' && exponent)) {
        throw new NotPlain();
      }
    }
    if (exponent) {
      return expanded(text);
    }
    if (points > 1
        || text.length == 0
        || text.length > MOST_DIGITS
        || text[text.length - 1] == '-') {
      throw new NotPlain();
    }
    return text;
  }

  private static byte[] expanded(byte[] text) {
    try {
      BigDecimal number = new BigDecimal(ascii(text));
      if (Math.abs((long) number.scale()) + number.precision() > MOST_DIGITS) {
        throw new NotPlain();
      }
      return number
          .setScale(Math.max(number.scale(), 0))
          .toPlainString()
          .getBytes(StandardCharsets.US_ASCII);
    } catch (NumberFormatException e) {
      throw new NotPlain();
    }
  }

  private static String ascii(byte[] text) {
    return new String(text, StandardCharsets.US_ASCII);
  }

  /** The text with U+FFFD for each U+0000. */
  static byte[] withoutNul(byte[] text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length + 8);
    for (byte b : text) {
      if (b == 0) {
        out.writeBytes(CopyBuffer.REPLACEMENT);
      } else {
        out.write(b);
      }
    }
    return out.toByteArray();
  }
}
