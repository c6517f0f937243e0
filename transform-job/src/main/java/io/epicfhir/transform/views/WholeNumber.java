package io.epicfhir.transform.views;

import java.math.BigDecimal;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Whole numbers that are not written as FHIR writes them, or are none. */
final class WholeNumber {
  private static final Pattern NUMBER =
      Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  /** No longer one is worth a look: it would cost time, and it is beyond all bits. */
  private static final int LONGEST = 100;

  /** A long has no more digits. */
  private static final int DIGITS = 19;

  private WholeNumber() {}

  static boolean isNumber(String text) {
    return NUMBER.matcher(text).matches();
  }

  /**
   * The number; null where it is no whole one of 64 bits.
   *
   * @param odd takes what is odd about it
   */
  static Long of(String text, Consumer<String> odd) {
    if (!isNumber(text)) {
      odd.accept("not a number");
      return null;
    }
    if (text.length() > LONGEST) {
      odd.accept("a number of very many digits");
      return null;
    }
    BigDecimal number = new BigDecimal(text).stripTrailingZeros();
    if (number.scale() > 0) {
      odd.accept("not a whole number");
      return null;
    }
    if ((long) number.precision() - number.scale() > DIGITS
        || number.toBigInteger().bitLength() >= Long.SIZE) {
      odd.accept("a whole number beyond 64 bits");
      return null;
    }
    odd.accept("a whole number with a point or an exponent");
    return number.longValueExact();
  }
}
