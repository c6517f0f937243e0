package io.epicfhir.sandbox.http;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Dates as HTTP headers carry them. */
public final class HttpDates {
  private static final DateTimeFormatter FORMAT =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US)
          .withZone(ZoneOffset.UTC);

  private HttpDates() {}

  public static String of(Instant time) {
    return FORMAT.format(time);
  }

  public static Instant parse(String text) {
    return Instant.from(FORMAT.parse(text));
  }

  public static String now(Clock clock) {
    return of(clock.instant());
  }
}
