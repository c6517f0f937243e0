package io.epicfhir.extract.bronze;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.google.common.base.Utf8;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/**
 * What bronze keeps beside a resource's bytes. The whole line is tokenised once, without building
 * anything: only so is it known to be one whole JSON object.
 *
 * @param rejection why the line cannot be taken in; null where it can
 * @param id null where there is none, which only a deletions' Bundle may have
 * @param versionId null where there is none
 * @param lastUpdated microseconds since 1970; null where there is none, or none that is an instant
 * @param oddLastUpdated whether there is a lastUpdated that is no instant
 * @param references where in the buffer the texts named "reference" are; null where only a parser
 *     can tell
 */
public record LineHead(
    Rejection rejection,
    String id,
    String versionId,
    Long lastUpdated,
    boolean oddLastUpdated,
    TextSpans references) {
  private static final ThreadLocal<FastScan> FAST = ThreadLocal.withInitial(FastScan::new);

  /**
   * Looks through one line.
   *
   * @param type the resourceType that it must have
   * @param idNeeded whether a line without an id is turned away
   */
  public static LineHead of(byte[] bytes, int offset, int length, String type, boolean idNeeded) {
    FastScan fast = FAST.get();
    if (fast.scan(bytes, offset, length)) {
      return judged(
              fast.resourceType(), fast.id(), fast.versionId(), fast.lastUpdated(), type, idNeeded)
          .with(fast.references());
    }
    if (!Utf8.isWellFormed(bytes, offset, length)) {
      return rejected(Rejection.INVALID_UTF8);
    }
    if (!startsObject(bytes, offset, length)) {
      return rejected(Rejection.NOT_A_JSON_OBJECT); // a BOM too, which the parser would let pass
    }
    try (JsonParser parser = JsonBytes.FACTORY.createParser(bytes, offset, length)) {
      return new Scan(parser).run().judged(type, idNeeded);
    } catch (JsonProcessingException e) {
      return rejected(Rejection.NOT_A_JSON_OBJECT);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // bytes in memory cannot fail to be read
    }
  }

  private static boolean startsObject(byte[] bytes, int offset, int length) {
    for (int i = offset; i < offset + length; i++) {
      if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
        return bytes[i] == '{';
      }
    }
    return false;
  }

  private static LineHead judged(
      String resourceType,
      String id,
      String versionId,
      String lastUpdated,
      String type,
      boolean idNeeded) {
    if (resourceType == null) {
      return rejected(Rejection.NO_RESOURCE_TYPE);
    }
    if (!resourceType.equals(type)) {
      return rejected(Rejection.WRONG_RESOURCE_TYPE);
    }
    if (idNeeded && (id == null || id.isBlank())) {
      return rejected(Rejection.NO_ID);
    }
    Optional<Long> micros = Optional.ofNullable(lastUpdated).flatMap(LineHead::micros);
    return new LineHead(
        null, id, versionId, micros.orElse(null), lastUpdated != null && micros.isEmpty(), null);
  }

  private LineHead with(TextSpans found) {
    return new LineHead(rejection, id, versionId, lastUpdated, oddLastUpdated, found);
  }

  private static Optional<Long> micros(String text) {
    try {
      Instant instant = OffsetDateTime.parse(text).toInstant();
      long seconds = Math.multiplyExact(instant.getEpochSecond(), 1_000_000L);
      return Optional.of(Math.addExact(seconds, instant.getNano() / 1000));
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  private static LineHead rejected(Rejection rejection) {
    return new LineHead(rejection, null, null, null, false, null);
  }

  /** One pass over the tokens. */
  private static final class Scan {
    private final JsonParser parser;
    private String resourceType;
    private String id;
    private String versionId;
    private String lastUpdated;
    private int seen;
    private boolean repeated;
    private boolean whole;

    Scan(JsonParser parser) {
      this.parser = parser;
    }

    Scan run() throws IOException {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "resourceType" -> {
            sees(1);
            resourceType = text();
          }
          case "id" -> {
            sees(2);
            id = text();
          }
          case "meta" -> {
            sees(4);
            meta();
          }
          default -> parser.skipChildren();
        }
      }
      whole = parser.nextToken() == null;
      return this;
    }

    LineHead judged(String type, boolean idNeeded) {
      if (!whole) {
        return rejected(Rejection.NOT_A_JSON_OBJECT);
      }
      if (repeated) {
        return rejected(Rejection.REPEATED_KEY);
      }
      return LineHead.judged(resourceType, id, versionId, lastUpdated, type, idNeeded);
    }

    private void meta() throws IOException {
      if (parser.currentToken() != JsonToken.START_OBJECT) {
        parser.skipChildren();
        return;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "versionId" -> versionId = text();
          case "lastUpdated" -> lastUpdated = text();
          default -> parser.skipChildren();
        }
      }
    }

    /** A text; anything else is as good as absent. */
    private String text() throws IOException {
      if (parser.currentToken() == JsonToken.VALUE_STRING) {
        return parser.getText();
      }
      parser.skipChildren();
      return null;
    }

    private void sees(int key) {
      repeated |= (seen & key) != 0;
      seen |= key;
    }
  }
}
