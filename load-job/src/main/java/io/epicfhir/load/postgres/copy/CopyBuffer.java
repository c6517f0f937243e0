package io.epicfhir.load.postgres.copy;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.postgresql.copy.CopyIn;

/** Bytes gathered for a COPY, sent by the buffer. */
final class CopyBuffer {
  /** U+FFFD, the replacement character. */
  static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private final CopyIn copy;
  private final byte[] buffer = new byte[1 << 16];
  private int used;
  private long bytes;

  CopyBuffer(CopyIn copy) {
    this.copy = copy;
  }

  void put(byte b) throws SQLException {
    if (used == buffer.length) {
      flush();
    }
    buffer[used++] = b;
  }

  void put(byte... some) throws SQLException {
    put(some, 0, some.length);
  }

  /** The bytes from one place to before another. */
  void put(byte[] some, int from, int to) throws SQLException {
    for (int at = from; at < to; ) {
      if (used == buffer.length) {
        flush();
      }
      int part = Math.min(to - at, buffer.length - used);
      System.arraycopy(some, at, buffer, used, part);
      used += part;
      at += part;
    }
  }

  /** Big-endian, as PostgreSQL's binary formats have it. */
  void putShort(int number) throws SQLException {
    room(Short.BYTES);
    buffer[used++] = (byte) (number >> 8);
    buffer[used++] = (byte) number;
  }

  void putInt(int number) throws SQLException {
    room(Integer.BYTES);
    for (int shift = 24; shift >= 0; shift -= 8) {
      buffer[used++] = (byte) (number >> shift);
    }
  }

  void flush() throws SQLException {
    if (used > 0) {
      copy.writeToCopy(buffer, 0, used);
      bytes += used;
      used = 0;
    }
  }

  /** Bytes sent. */
  long bytes() {
    return bytes;
  }

  private void room(int size) throws SQLException {
    if (buffer.length - used < size) {
      flush();
    }
  }
}
