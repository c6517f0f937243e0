package io.epicfhir.transform.fhirpath;

import java.math.BigInteger;
import java.time.YearMonth;
import java.util.regex.Pattern;

/** Whether a text is a value of a <a href="https://hl7.org/fhir/R4/datatypes.html">type</a>. */
public final class ConstantText {
  private static final Pattern DATE =
      Pattern.compile("(?!0000)\\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?");
  private static final int MONTH = "0000-00".length();
  private static final int DAY = "0000-00-00".length();
  private static final String HOUR = "([01]\\d|2[0-3])";
  private static final String MINUTE = ":[0-5]\\d";
  private static final String SECOND = ":([0-5]\\d|60)(\\.\\d+)?";
  private static final String ZONE = "(Z|[+-](0\\d|1[0-3]):[0-5]\\d|[+-]14:00)";
  private static final Pattern TIME = Pattern.compile(HOUR + MINUTE + SECOND);
  private static final Pattern ZONED_TIME = Pattern.compile(HOUR + MINUTE + SECOND + ZONE);
  private static final String PART = HOUR + "(" + MINUTE + "(" + SECOND + ")?)?";
  private static final Pattern PART_OF_TIME = Pattern.compile(PART);
  private static final Pattern PART_OF_ZONED_TIME = Pattern.compile(PART + ZONE + "?");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private ConstantText() {}

  /** Whether it is; of a type without values of its own any text is. */
  public static boolean isOf(FhirType type, String text) {
    return switch (type.form()) {
      case BOOLEAN -> text.equals("true") || text.equals("false");
      case INTEGER -> whole(text) && Long.parseLong(text) == (int) Long.parseLong(text);
      case LONG -> whole(text);
      case DECIMAL -> DECIMAL.matcher(text).matches();
      case TIME -> TIME.matcher(text).matches();
      case TIMESTAMP ->
          switch (type.name()) {
            case "date" -> isDate(text);
            case "instant" -> isDayWith(ZONED_TIME, text);
            default -> isDate(text) || isDayWith(ZONED_TIME, text);
          };
      default -> true;
    };
  }

  private static boolean whole(String text) {
    return text.matches("-?[0-9]{1,19}") && new BigInteger(text).bitLength() < Long.SIZE;
  }

  /** Whether it is a year, a month of one, or a day that the calendar has. */
  static boolean isDate(String text) {
    return DATE.matcher(text).matches()
        && (text.length() < DAY
            || YearMonth.parse(text.substring(0, MONTH))
                .isValidDay(Integer.parseInt(text.substring(MONTH + 1))));
  }

  /** Whether it is a time of day, or one of which the end is left out. */
  static boolean isPartOfTime(String text) {
    return PART_OF_TIME.matcher(text).matches();
  }

  /** Whether it is a day with such a time, which may have a zone. */
  static boolean isDayWithPartOfTime(String text) {
    return isDayWith(PART_OF_ZONED_TIME, text);
  }

  private static boolean isDayWith(Pattern time, String text) {
    return text.length() > DAY
        && text.charAt(DAY) == 'T'
        && isDate(text.substring(0, DAY))
        && time.matcher(text.substring(DAY + 1)).matches();
  }
}
