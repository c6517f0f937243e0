package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.ColumnType;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Dates and times that are the same on every day and every server. PostgreSQL also takes {@code
 * today} and {@code infinity}, and reads {@code 03/04/2024} as the server's country does: FHIR has
 * neither.
 */
public final class FixedTimes {
  private static final String DAY = "^[0-9]{4}-";
  private static final String CLOCK = "^[0-9]{2}:";
  private static final Pattern IS_DAY = Pattern.compile(DAY);
  private static final Pattern IS_CLOCK = Pattern.compile(CLOCK);

  private FixedTimes() {}

  /**
   * A condition on a text, as SQL.
   *
   * @param text an expression
   */
  public static String condition(ColumnType type, String text) {
    return switch (type) {
      case DATE, TIMESTAMPTZ -> text + " ~ '" + DAY + "'";
      case TIME -> text + " ~ '" + CLOCK + "'";
      default -> "true";
    };
  }

  /**
   * The same of a value that PostgreSQL is to read.
   *
   * @throws PostgresFailure as of a value that it refuses
   */
  static void require(ColumnType type, byte[] text) {
    boolean fixed =
        switch (type) {
          case DATE, TIMESTAMPTZ -> begins(IS_DAY, text);
          case TIME -> begins(IS_CLOCK, text);
          default -> true;
        };
    if (!fixed) {
      throw PostgresFailure.ofValue(
          "Cannot copy the rows: a date must begin with a four-digit year, and a time with a two-digit"
              + " hour");
    }
  }

  private static boolean begins(Pattern pattern, byte[] text) {
    String begin = new String(text, 0, Math.min(5, text.length), StandardCharsets.ISO_8859_1);
    return pattern.matcher(begin).find();
  }
}
