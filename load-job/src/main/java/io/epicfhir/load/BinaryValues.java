package io.epicfhir.load;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;

/**
 * Values in PostgreSQL's binary formats (its sources: numeric_recv, timestamptz_recv, date_recv and
 * their like), from their texts. Only texts that have one meaning, PostgreSQL's own, are taken;
 * {@link NotPlain} for all others.
 */
final class BinaryValues {
  /** 2000-01-01, from which PostgreSQL counts, as a day of the epoch. */
  private static final long DAYS_TO_2000 = 10_957;

  private static final long MICROS_A_SECOND = 1_000_000;
  private static final long SECONDS_A_DAY = 86_400;
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
      case DATE -> ByteBuffer.allocate(Integer.BYTES).putInt((int) day(text, text.length)).array();
      case TIMESTAMPTZ -> ByteBuffer.allocate(Long.BYTES).putLong(instant(text)).array();
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

  /**
   * Microseconds since 2000: YYYY-MM-DD, or with Thh:mm:ss, up to six digits more, and a zone; or
   * as Spark writes its timestamps in UTC, with a blank for the T and no zone.
   */
  private static long instant(byte[] text) {
    if (text.length == 10) {
      return day(text, 10) * SECONDS_A_DAY * MICROS_A_SECOND;
    }
    boolean fhir = text.length >= 20 && text[10] == 'T';
    boolean spark = text.length >= 19 && text[10] == ' ';
    if (!(fhir || spark) || text[13] != ':' || text[16] != ':') {
      throw new NotPlain();
    }
    long seconds = clock(text, 11) + two(text, 17, 59);
    int at = 19;
    long micros = 0;
    if (at < text.length && text[at] == '.') {
      int digits = 0;
      for (at++; at < text.length && text[at] >= '0' && text[at] <= '9'; at++) {
        micros = micros * 10 + text[at] - '0';
        digits++;
      }
      if (digits == 0 || digits > 6) {
        throw new NotPlain();
      }
      for (; digits < 6; digits++) {
        micros *= 10;
      }
    }
    seconds += day(text, 10) * SECONDS_A_DAY;
    if (fhir || at < text.length) {
      seconds -= zone(text, at);
    }
    return seconds * MICROS_A_SECOND + micros;
  }

  private static long zone(byte[] text, int at) {
    if (at == text.length - 1 && text[at] == 'Z') {
      return 0;
    }
    boolean signed = at == text.length - 6 && (text[at] == '+' || text[at] == '-');
    if (!signed || text[at + 3] != ':' || two(text, at + 1, 14) > 14) {
      throw new NotPlain();
    }
    long seconds = clock(text, at + 1);
    return text[at] == '-' ? -seconds : seconds;
  }

  /** Hours and minutes, in seconds. */
  private static long clock(byte[] text, int at) {
    return two(text, at, 23) * 3600L + two(text, at + 3, 59) * 60L;
  }

  /** Days since 2000, of the first ten characters. */
  private static long day(byte[] text, int length) {
    if (length != 10 || text[4] != '-' || text[7] != '-') {
      throw new NotPlain();
    }
    int year = two(text, 0, 99) * 100 + two(text, 2, 99);
    try {
      if (year == 0) {
        throw new NotPlain();
      }
      return LocalDate.of(year, two(text, 5, 12), two(text, 8, 31)).toEpochDay() - DAYS_TO_2000;
    } catch (DateTimeException e) {
      throw new NotPlain();
    }
  }

  private static int two(byte[] text, int at, int most) {
    int tens = text[at] - '0';
    int ones = text[at + 1] - '0';
    int number = tens * 10 + ones;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9 || number > most) {
      throw new NotPlain();
    }
    return number;
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
