package io.epicfhir.sandbox.lines;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;

/**
 * The time that a FHIR date, dateTime, instant or Period covers: a date is a whole day (in UTC).
 *
 * @param to exclusive
 */
record Span(Instant from, Instant to) {
  private static final List<String> FIELDS =
      List.of(
          "effectiveDateTime",
          "effectivePeriod",
          "performedDateTime",
          "performedPeriod",
          "occurrenceDateTime",
          "period",
          "recordedDate",
          "authoredOn",
          "date",
          "created");

  /** What the search parameter {@code date} means for a resource of any type. */
  static Optional<Span> date(JsonNode resource) {
    for (String field : FIELDS) {
      if (resource.has(field)) {
        return of(resource.path(field));
      }
    }
    return Optional.empty();
  }

  /** Nothing where there is no date, or none that can be read. */
  static Optional<Span> of(JsonNode date) {
    try {
      if (!date.isObject()) {
        return date.isTextual() ? Optional.of(parse(date.asText())) : Optional.empty();
      }
      Instant from = date.has("start") ? parse(date.path("start").asText()).from : Instant.MIN;
      Instant to = date.has("end") ? parse(date.path("end").asText()).to : Instant.MAX;
      return Optional.of(new Span(from, to));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  static Span parse(String text) {
    return switch (text.length()) {
      case 4 -> days(Year.parse(text).atDay(1), Year.parse(text).plusYears(1).atDay(1));
      case 7 -> days(YearMonth.parse(text).atDay(1), YearMonth.parse(text).plusMonths(1).atDay(1));
      case 10 -> days(LocalDate.parse(text), LocalDate.parse(text).plusDays(1));
      default -> {
        Instant time = OffsetDateTime.parse(text).toInstant();
        yield new Span(time, text.contains(".") ? time.plusNanos(1) : time.plusSeconds(1));
      }
    };
  }

  private static Span days(LocalDate from, LocalDate to) {
    return new Span(
        from.atStartOfDay(ZoneOffset.UTC).toInstant(), to.atStartOfDay(ZoneOffset.UTC).toInstant());
  }
}
