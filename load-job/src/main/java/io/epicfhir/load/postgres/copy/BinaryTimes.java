package io.epicfhir.load.postgres.copy;

import java.time.DateTimeException;
import java.time.LocalDate;

/** Dates and times of plain form as PostgreSQL's binary COPY has them. */
final class BinaryTimes {
  private static final long DAYS_TO_2000 = 10_957;
  private static final long MICROS_A_SECOND = 1_000_000;
  private static final long SECONDS_A_DAY = 86_400;

  private BinaryTimes() {}

  /**
   * Microseconds since 2000: YYYY-MM-DD, or with Thh:mm:ss, up to six digits more, and a zone; or
   * as Spark writes its timestamps in UTC, with a space for the T and no zone.
   */
  static long instant(byte[] text) {
    if (text.length == 10) {
      return day(text, 10) * SECONDS_A_DAY * MICROS_A_SECOND;
    }
    boolean fhir = text.length >= 20 && text[10] == 'T';
    boolean spark = text.length >= 19 && text[10] == ' ';
    if (!(fhir || spark) || text[13] != ':' || text[16] != ':') {
      throw new BinaryValues.NotPlain();
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
        throw new BinaryValues.NotPlain();
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
      throw new BinaryValues.NotPlain();
    }
    long seconds = clock(text, at + 1);
    return text[at] == '-' ? -seconds : seconds;
  }

  /** Hours and minutes, in seconds. */
  private static long clock(byte[] text, int at) {
    return two(text, at, 23) * 3600L + two(text, at + 3, 59) * 60L;
  }

  /** Days since 2000, of the first ten characters. */
  static long day(byte[] text, int length) {
    if (length != 10 || text[4] != '-' || text[7] != '-') {
      throw new BinaryValues.NotPlain();
    }
    int year = two(text, 0, 99) * 100 + two(text, 2, 99);
    try {
      if (year == 0) {
        throw new BinaryValues.NotPlain();
      }
      return LocalDate.of(year, two(text, 5, 12), two(text, 8, 31)).toEpochDay() - DAYS_TO_2000;
    } catch (DateTimeException e) {
      throw new BinaryValues.NotPlain();
    }
  }

  private static int two(byte[] text, int at, int most) {
    int tens = text[at] - '0';
    int ones = text[at + 1] - '0';
    int number = tens * 10 + ones;
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9 || number > most) {
      throw new BinaryValues.NotPlain();
    }
    return number;
  }
}
