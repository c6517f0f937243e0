package io.epicfhir.transform.fhirpath;

import java.util.regex.Pattern;

/** Whether a text is a value of a <a href="https://hl7.org/fhir/R4/datatypes.html">type</a>. */
public final class ConstantText {
  private static final String DAY = "\\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\\d|3[01]))?)?";
  private static final String CLOCK = "([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?";
  private static final String ZONE = "(Z|[+-]\\d{2}:\\d{2})";
  private static final Pattern DATE = Pattern.compile(DAY);
  private static final Pattern INSTANT =
      Pattern.compile("\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T" + CLOCK + ZONE);
  private static final Pattern TIME = Pattern.compile(CLOCK);
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private ConstantText() {}

  /** Whether it is; of a type without values of its own any text is. */
  public static boolean isOf(FhirType type, String text) {
    return switch (type.form()) {
      case BOOLEAN -> text.equals("true") || text.equals("false");
      case INTEGER ->
          text.matches("-?[0-9]{1,10}") && Long.parseLong(text) == (int) Long.parseLong(text);
      case LONG -> text.matches("-?[0-9]{1,18}");
      case DECIMAL -> DECIMAL.matcher(text).matches();
      case TIME -> TIME.matcher(text).matches();
      case TIMESTAMP ->
          switch (type.name()) {
            case "date" -> DATE.matcher(text).matches();
            case "instant" -> INSTANT.matcher(text).matches();
            default -> DATE.matcher(text).matches() || INSTANT.matcher(text).matches();
          };
      default -> true;
    };
  }
}
