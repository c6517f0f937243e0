package io.epicfhir.sandbox.lines;

import io.epicfhir.sandbox.http.Piece;
import java.nio.file.Path;
import java.time.Instant;

/**
 * Where one resource lies, byte for byte.
 *
 * @param id empty where the line is no JSON; such a line is served and never found
 * @param digest SHA-256 of the bytes
 * @param length in bytes, without the line feed
 * @param changed when these bytes became the resource's content
 * @param reach what finds it
 */
public record StoredLine(
    String type,
    String id,
    String digest,
    Path file,
    long offset,
    int length,
    Instant changed,
    Reach reach) {
  private static final int HELD = 1 << 16;

  public String key() {
    return type + "/" + id;
  }

  public StoredLine changedAt(Instant time) {
    return new StoredLine(type, id, digest, file, offset, length, time, reach);
  }

  /** A large resource goes from the file to the socket and never through the heap. */
  public Piece piece(LineReader reader) {
    return length > HELD
        ? new Piece.FileRange(file, offset, length)
        : new Piece.Memory(reader.bytes(this));
  }
}
