package io.epicfhir.extract.bulk;

import io.epicfhir.extract.source.Reply;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Optional;

/** What a server's clock says: the Date of its answer. Standard: RFC 9110, 6.6.1. */
final class ServerTime {
  private ServerTime() {}

  /** Empty where the answer has no Date, or one that cannot be read. */
  static Optional<Instant> of(Reply reply) {
    try {
      return reply
          .header("Date")
          .map(text -> Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(text.strip())));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
