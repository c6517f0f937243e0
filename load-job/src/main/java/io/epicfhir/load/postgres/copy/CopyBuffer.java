package io.epicfhir.load.postgres.copy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;
import org.postgresql.copy.CopyIn;

/** Bytes gathered for a COPY, sent by the buffer. */
final class CopyBuffer {
  /** U+FFFD, the replacement character. */
  static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final long EACH_LOWEST = 0x0101010101010101L;
  private static final long EACH_HIGHEST = 0x8080808080808080L;

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
    INTS.set(buffer, used, number);
    used += Integer.BYTES;
  }

  void putLong(long number) throws SQLException {
    room(Long.BYTES);
    LONGS.set(buffer, used, number);
    used += Long.BYTES;
  }

  /**
   * Length and bytes of a text, from where Spark has them.
   *
   * @return false, and nothing put, where the text has U+0000 or is too long for the buffer
   */
  boolean putSized(UTF8String text) throws SQLException {
    int size = text.numBytes();
    if (size > buffer.length - Integer.BYTES) {
      return false;
    }
    room(Integer.BYTES + size);
    int from = used + Integer.BYTES;
    text.writeToMemory(buffer, (long) Platform.BYTE_ARRAY_OFFSET + from);
    if (hasNul(from, from + size)) {
      return false;
    }
    INTS.set(buffer, used, size);
    used = from + size;
    return true;
  }

  /** Eight bytes at a time: a zero byte is the only one that borrows into its highest bit. */
  private boolean hasNul(int from, int to) {
    int at = from;
    for (; at <= to - Long.BYTES; at += Long.BYTES) {
      long eight = (long) LONGS.get(buffer, at);
      if (((eight - EACH_LOWEST) & ~eight & EACH_HIGHEST) != 0) {
        return true;
      }
    }
    for (; at < to; at++) {
      if (buffer[at] == 0) {
        return true;
      }
    }
    return false;
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
