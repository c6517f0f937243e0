package io.epicfhir.extract.source.answer;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.Year;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A date in a header: the three forms of RFC 9110, 5.6.7, and what servers make of them (a year of
 * two digits between spaces, no seconds, an offset in place of GMT). The weekday is not looked at.
 */
public final class HttpDate {
  private static final Pattern DAY_FIRST =
      Pattern.compile(
          "(?:[A-Za-z]+,?\\s+)?(?<day>\\d{1,2})[ -](?<month>[A-Za-z]{3})[a-z]*[ -](?<year>\\d{4}|\\d{2})"
              + "\\s+(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2}))?"
              + "\\s+(?<zone>GMT|UTC|UT|Z|[+-]\\d{4})");

  private static final Pattern YEAR_LAST =
      Pattern.compile(
          "[A-Za-z]{3}\\s+(?<month>[A-Za-z]{3})\\s+(?<day>\\d{1,2})"
              + "\\s+(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})\\s+(?<year>\\d{4})(?<zone>)");

  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");

  private static final int CENTURY = 100;
  private static final int FUTURE = 50;
  private static final int LEAP_SECOND = 60;

  private HttpDate() {}

  /** The instant; empty where it cannot be read. */
  public static Optional<Instant> parse(String text) {
    return parse(text, Year.now(ZoneOffset.UTC));
  }

  static Optional<Instant> parse(String text, Year now) {
    for (Pattern form : List.of(DAY_FIRST, YEAR_LAST)) {
      Matcher parts = form.matcher(text.strip());
      if (parts.matches()) {
        try {
          return Optional.of(instant(parts, now));
        } catch (DateTimeException e) {
          return Optional.empty(); // such as the 31st of April
        }
      }
    }
    return Optional.empty();
  }

  private static Instant instant(Matcher parts, Year now) {
    int month = MONTHS.indexOf(parts.group("month").toLowerCase(Locale.ROOT)) + 1;
    LocalDate day = LocalDate.of(year(parts, now), month, number(parts, "day"));
    int second = parts.group("second") == null ? 0 : number(parts, "second");
    boolean leap = second == LEAP_SECOND;
    LocalTime time =
        LocalTime.of(number(parts, "hour"), number(parts, "minute"), leap ? second - 1 : second);
    return day.atTime(time).plusSeconds(leap ? 1 : 0).toInstant(zone(parts.group("zone")));
  }

  /** Two digits that seem to be more than 50 years ahead are of the past: RFC 9110, 5.6.7. */
  private static int year(Matcher parts, Year now) {
    int year = number(parts, "year");
    if (parts.group("year").length() > 2) {
      return year;
    }
    int ofThisCentury = now.getValue() / CENTURY * CENTURY + year;
    return ofThisCentury > now.getValue() + FUTURE ? ofThisCentury - CENTURY : ofThisCentury;
  }

  private static ZoneOffset zone(String text) {
    return text.startsWith("+") || text.startsWith("-") ? ZoneOffset.of(text) : ZoneOffset.UTC;
  }

  private static int number(Matcher parts, String name) {
    return Integer.parseInt(parts.group(name));
  }
}
