package io.epicfhir.common.query;

import java.math.BigDecimal;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A parameter of a query.
 *
 * @param name as the statement has it after the colon
 * @param optional whether it may be left out; it is null then
 * @param patient whether its values name a patient, so that no command line may have them
 */
public record QueryParameter(String name, Type type, boolean optional, boolean patient) {

  private static final Map<String, Type> TYPES = types();

  /** What a value can be. Dates and times of FHIR are texts, as they are in the tables. */
  public enum Type {
    TEXT,
    DATE_TEXT,
    BOOLEAN,
    INTEGER,
    LONG,
    DECIMAL,
    TIMESTAMP;

    /** By the FHIR type, or SQL's word for it; empty where no parameter can have it. */
    public static Optional<Type> of(String name) {
      return Optional.ofNullable(TYPES.get(name.toLowerCase(Locale.ROOT)));
    }
  }

  private static Map<String, Type> types() {
    Map<String, Type> types = new TreeMap<>();
    put(types, Type.TEXT, "string text code id uri url canonical oid uuid markdown time");
    put(types, Type.DATE_TEXT, "date datetime");
    put(types, Type.BOOLEAN, "boolean");
    put(types, Type.INTEGER, "integer positiveint unsignedint int");
    put(types, Type.LONG, "integer64 bigint long");
    put(types, Type.DECIMAL, "decimal numeric");
    put(types, Type.TIMESTAMP, "instant timestamp");
    return types;
  }

  private static void put(Map<String, Type> types, Type type, String names) {
    for (String name : names.split(" ", -1)) {
      types.put(name, type);
    }
  }

  /**
   * The value that is bound.
   *
   * @param query what to call the query in a complaint
   * @throws QueryRefused where the text is no such value
   */
  Object value(String text, String query) {
    try {
      return switch (type) {
        case TEXT -> text;
        case DATE_TEXT -> date(text);
        case BOOLEAN -> bool(text);
        case INTEGER -> Integer.valueOf(text);
        case LONG -> Long.valueOf(text);
        case DECIMAL -> new BigDecimal(text);
        case TIMESTAMP -> Timestamp.from(Instant.parse(text));
      };
    } catch (RuntimeException e) {
      throw new QueryRefused(query, "the parameter " + name + " takes " + example());
    }
  }

  private static Boolean bool(String text) {
    if (!text.equals("true") && !text.equals("false")) {
      throw new IllegalArgumentException();
    }
    return Boolean.valueOf(text);
  }

  /** A FHIR date or dateTime: a year, a month, a day, or a time with its zone. */
  private static String date(String text) {
    Objects.requireNonNull(
        switch (text.length()) {
          case 4 -> Year.parse(text);
          case 7 -> YearMonth.parse(text);
          case 10 -> LocalDate.parse(text);
          default -> OffsetDateTime.parse(text);
        });
    return text;
  }

  private String example() {
    return switch (type) {
      case TEXT -> "text";
      case DATE_TEXT -> "a date or time, such as 2026-01-31 or 2026-01-31T08:00:00Z";
      case BOOLEAN -> "true or false";
      case INTEGER -> "a whole number, such as 12";
      case LONG -> "a whole number, such as 5000000000";
      case DECIMAL -> "a number, such as 6.50";
      case TIMESTAMP -> "a time in UTC, such as 2026-01-31T08:00:00Z";
    };
  }
}
