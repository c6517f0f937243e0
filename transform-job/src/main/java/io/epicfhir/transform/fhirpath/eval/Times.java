package io.epicfhir.transform.fhirpath.eval;

import java.time.DateTimeException;
import java.time.LocalDate;
import org.apache.spark.unsafe.types.UTF8String;

/** Points in time as they are written, compared as far as both say. */
final class Times {
  private static final int DATE = "0000-00-00".length();
  private static final int HOURS = "0000-00-00T00".length();
  private static final int MINUTES = "0000-00-00T00:00".length();
  private static final int INSTANT = "0000-00-00T00:00:00".length();
  private static final int SECONDS = "00:00:00".length();
  private static final int MINUTE = 60;
  private static final int HOUR = 3_600;
  private static final int DAY = 86_400;
  private static final long NO_TIME = Long.MIN_VALUE;

  private Times() {}

  /**
   * With a time on both sides they are compared as instants; else by the digits that both have, and
   * where those are equal but one has more, there is no answer.
   */
  static int timestamps(UTF8String left, UTF8String right) {
    if (left.numBytes() <= DATE || right.numBytes() <= DATE) {
      return digits(left, right, DATE);
    }
    int leftZone = zoneStart(left);
    int rightZone = zoneStart(right);
    long l = seconds(left, leftZone);
    long r = seconds(right, rightZone);
    if (l == NO_TIME || r == NO_TIME) {
      return Comparing.UNKNOWN;
    }
    if (leftZone < INSTANT || rightZone < INSTANT) {
      return spans(l, span(leftZone), r, span(rightZone));
    }
    return l == r ? Integer.compare(micros(left), micros(right)) : Long.compare(l, r);
  }

  /**
   * An hour or a minute without what follows is all of it: before or behind what it has no part in,
   * equal to itself; else there is no answer.
   */
  private static int spans(long left, int leftSpan, long right, int rightSpan) {
    if (left == right && leftSpan == rightSpan) {
      return 0;
    }
    boolean apart = left + leftSpan <= right || right + rightSpan <= left;
    return apart ? Long.compare(left, right) : Comparing.UNKNOWN;
  }

  /** How many seconds a time means, by where its digits end. */
  private static int span(int end) {
    return end == HOURS ? HOUR : end == MINUTES ? MINUTE : 1;
  }

  static int timesOfDay(UTF8String left, UTF8String right) {
    if (left.numBytes() < SECONDS || right.numBytes() < SECONDS) {
      return digits(left, right, Integer.MAX_VALUE);
    }
    return trimmed(left).compareTo(trimmed(right));
  }

  /** A fraction without its closing zeros, so that text order is time order. */
  private static UTF8String trimmed(UTF8String time) {
    int end = time.numBytes();
    if (end > SECONDS && time.getByte(SECONDS) == '.') {
      while (time.getByte(end - 1) == '0') {
        end--;
      }
      end = end == SECONDS + 1 ? SECONDS : end;
    }
    return end == time.numBytes() ? time : time.substring(0, end);
  }

  private static int digits(UTF8String left, UTF8String right, int most) {
    int l = Math.min(left.numBytes(), most);
    int r = Math.min(right.numBytes(), most);
    for (int i = 0; i < Math.min(l, r); i++) {
      int order = Byte.compare(left.getByte(i), right.getByte(i));
      if (order != 0) {
        return order;
      }
    }
    return left.numBytes() == right.numBytes() ? 0 : Comparing.UNKNOWN;
  }

  /** Whole seconds since 1970; where no zone is written, it is UTC. A leap second is the next. */
  private static long seconds(UTF8String time, int zone) {
    boolean minutes = zone >= MINUTES;
    boolean seconds = zone >= INSTANT;
    if (zone != HOURS && zone != MINUTES && !seconds) {
      return NO_TIME;
    }
    int hour = number(time, 11, 2, 23);
    int minute = minutes ? number(time, 14, 2, 59) : 0;
    int second = seconds ? number(time, 17, 2, 60) : 0;
    int offset = offset(time, zone);
    boolean punctuated =
        is(time, 4, '-')
            && is(time, 7, '-')
            && (!minutes || is(time, 13, ':'))
            && (!seconds || is(time, 16, ':'));
    if (!punctuated || hour < 0 || minute < 0 || second < 0 || offset == Integer.MIN_VALUE) {
      return NO_TIME;
    }
    try {
      int month = number(time, 5, 2, 12);
      LocalDate day = LocalDate.of(number(time, 0, 4, 9999), month, number(time, 8, 2, 31));
      int ofDay = hour * HOUR + minute * MINUTE + second;
      return day.toEpochDay() * DAY + ofDay - offset;
    } catch (DateTimeException e) {
      return NO_TIME;
    }
  }

  /** Digits behind the point; those beyond microseconds do not count. */
  private static int micros(UTF8String time) {
    int at = DATE + 1 + SECONDS;
    int micros = 0;
    if (at < time.numBytes() && time.getByte(at) == '.') {
      for (int i = 1, unit = 100_000; i <= 6 && at + i < time.numBytes(); i++, unit /= 10) {
        int digit = time.getByte(at + i) - '0';
        if (digit < 0 || digit > 9) {
          break;
        }
        micros += digit * unit;
      }
    }
    return micros;
  }

  /** Where Z, + or - stands behind the time; the text's end where none does. */
  static int zoneStart(UTF8String time) {
    for (int i = DATE; i < time.numBytes(); i++) {
      byte b = time.getByte(i);
      if (b == 'Z' || b == '+' || b == '-') {
        return i;
      }
    }
    return time.numBytes();
  }

  private static int offset(UTF8String time, int at) {
    int rest = time.numBytes() - at;
    if (rest == 0 || (rest == 1 && time.getByte(at) == 'Z')) {
      return 0;
    }
    int hours = number(time, at + 1, 2, 18);
    int minutes = number(time, at + 4, 2, 59);
    if (rest != 6 || !is(time, at + 3, ':') || hours < 0 || minutes < 0) {
      return Integer.MIN_VALUE;
    }
    int seconds = hours * 3600 + minutes * 60;
    return time.getByte(at) == '-' ? -seconds : seconds;
  }

  private static boolean is(UTF8String text, int at, char wanted) {
    return at < text.numBytes() && text.getByte(at) == wanted;
  }

  /** Digits as a number; -1 where they are none, or it is too large. */
  private static int number(UTF8String text, int from, int length, int most) {
    int number = 0;
    for (int i = from; i < from + length; i++) {
      int digit = i < text.numBytes() ? text.getByte(i) - '0' : -1;
      if (digit < 0 || digit > 9) {
        return -1;
      }
      number = number * 10 + digit;
    }
    return number > most ? -1 : number;
  }
}
