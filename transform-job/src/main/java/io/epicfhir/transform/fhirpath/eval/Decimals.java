package io.epicfhir.transform.fhirpath.eval;

import java.math.BigDecimal;
import java.math.RoundingMode;
import org.apache.spark.unsafe.types.UTF8String;

/** Decimals kept as the source's digits, and whole numbers among them. */
final class Decimals {
  /** FHIRPath's decimals: 20 digits before the point, 8 after it. */
  private static final int FRACTION = 8;

  private static final int WHOLE = 20;

  /** So many digits surely fit a long. */
  private static final int SHORT = 18;

  private static final long LONG_WAY = Long.MIN_VALUE;

  /** No exponent that is written in a resource means a number; a power of ten takes room. */
  private static final int EXPONENT = 10_000;

  private Decimals() {}

  /** The exact order, for any number of digits; unknown where one is no number. */
  static int order(Object left, Object right) {
    if (left instanceof UTF8String l
        && right instanceof UTF8String r
        && l.numBytes() + r.numBytes() <= SHORT) {
      long digits = digits(l);
      long others = digits(r);
      if (digits != LONG_WAY && others != LONG_WAY) {
        int scale = scale(l) - scale(r);
        return scale >= 0
            ? Long.compare(digits, scaled(others, scale))
            : Long.compare(scaled(digits, -scale), others);
      }
    }
    BigDecimal l = number(left);
    BigDecimal r = number(right);
    return l == null || r == null ? Comparing.UNKNOWN : l.compareTo(r);
  }

  /** The number; null where there is none. */
  static BigDecimal number(Object value) {
    if (value instanceof Number whole) {
      return BigDecimal.valueOf(whole.longValue());
    }
    try {
      BigDecimal number = new BigDecimal(value.toString());
      return Math.abs((long) number.scale()) > EXPONENT + (long) number.precision() ? null : number;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** Rounded to what a result may have; null where it is too large, or so small that it is 0. */
  static BigDecimal result(BigDecimal number) {
    if (number.signum() == 0) {
      return BigDecimal.ZERO;
    }
    return tooLarge(number) ? null : kept(number.setScale(FRACTION, RoundingMode.HALF_UP));
  }

  /** The quotient, rounded as {@link #result} is: it may have no last digit. */
  static BigDecimal quotient(BigDecimal dividend, BigDecimal divisor) {
    return dividend.signum() == 0
        ? BigDecimal.ZERO
        : kept(dividend.divide(divisor, FRACTION, RoundingMode.HALF_UP));
  }

  private static BigDecimal kept(BigDecimal rounded) {
    return rounded.signum() == 0 || tooLarge(rounded) ? null : rounded;
  }

  private static boolean tooLarge(BigDecimal number) {
    return number.precision() - number.scale() > WHOLE;
  }

  /** The shortest way to write a computed number. */
  static UTF8String text(BigDecimal number) {
    BigDecimal plain = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
    return UTF8String.fromString(plain.toPlainString());
  }

  private static long scaled(long digits, int by) {
    long scaled = digits;
    for (int i = 0; i < by; i++) {
      scaled *= 10;
    }
    return scaled;
  }

  /** All digits as one number, without the point. */
  private static long digits(UTF8String text) {
    long digits = 0;
    boolean negative = false;
    for (int i = 0; i < text.numBytes(); i++) {
      byte b = text.getByte(i);
      if (b >= '0' && b <= '9') {
        digits = digits * 10 + (b - '0');
      } else if (b == '-' && i == 0) {
        negative = true;
      } else if (b != '.') {
        return LONG_WAY;
      }
    }
    return negative ? -digits : digits;
  }

  private static int scale(UTF8String text) {
    for (int i = 0; i < text.numBytes(); i++) {
      if (text.getByte(i) == '.') {
        return text.numBytes() - i - 1;
      }
    }
    return 0;
  }
}
