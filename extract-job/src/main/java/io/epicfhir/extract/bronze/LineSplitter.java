package io.epicfhir.extract.bronze;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.parquet.io.api.Binary;

/**
 * Cuts a stream of bytes at LF and at nothing else: CR, U+2028 and broken characters stay in their
 * line. A byte order mark at the stream's start is the file's, not the first line's, and is
 * dropped. A line longer than the limit comes in several pieces, so that memory stays bounded.
 */
public final class LineSplitter {
  private static final int FIRST_BUFFER = 1 << 18;
  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGH = 0x8080808080808080L;
  private static final long LFS = ONES * '\n';

  private final InputStream in;
  private final int limit;
  private byte[] buffer;
  private int start;
  private int end;
  private int next;
  private boolean atEnd;
  private boolean opened;

  private int length;
  private long line;
  private int part;
  private boolean lineEnds = true;
  private boolean terminated;

  /**
   * @param in is read to its end and not closed
   * @param limit the longest line in bytes that comes in one piece
   */
  public LineSplitter(InputStream in, int limit) {
    this.in = in;
    this.limit = limit;
    this.buffer = new byte[Math.min(FIRST_BUFFER, limit + 1)];
  }

  /** Moves to the next piece; false at the end. */
  public boolean next() throws IOException {
    open();
    start = next;
    int scanned = start;
    while (true) {
      int lf = indexOfLf(scanned, Math.min(end, start + limit + 1));
      if (lf >= 0) {
        return piece(lf - start, lf + 1, true, true);
      }
      if (end - start > limit) {
        return piece(limit, start + limit, false, false);
      }
      if (atEnd) {
        boolean rest = end > start || !lineEnds;
        return rest && piece(end - start, end, true, false);
      }
      int before = end - start;
      fill();
      scanned = start + before;
    }
  }

  /** The buffer that the piece lies in, valid until the next one. */
  public byte[] buffer() {
    return buffer;
  }

  /** The piece without a copy of it; a caller that keeps it copies it. */
  public Binary binary() {
    return Binary.fromReusedByteArray(buffer, start, length);
  }

  public int offset() {
    return start;
  }

  public int length() {
    return length;
  }

  /** The line's number in the stream, from 1 on; blank lines count. */
  public long line() {
    return line;
  }

  /** 0 for a line's first piece. */
  public int part() {
    return part;
  }

  /** Whether the piece is a whole line. */
  public boolean whole() {
    return part == 0 && lineEnds;
  }

  /** Whether a line feed followed; false only for the last piece of the stream. */
  public boolean terminated() {
    return terminated || !lineEnds;
  }

  /** Whether the line holds nothing but white space. */
  public boolean blank() {
    for (int i = start; i < start + length; i++) {
      byte b = buffer[i];
      if (b != ' ' && b != '\t' && b != '\r') {
        return false;
      }
    }
    return whole();
  }

  private boolean piece(int pieceLength, int nextStart, boolean ends, boolean byLf) {
    if (lineEnds) {
      line++;
      part = 0;
    } else {
      part++;
    }
    length = pieceLength;
    next = nextStart;
    lineEnds = ends;
    terminated = byLf;
    return true;
  }

  private int indexOfLf(int from, int to) {
    int i = from;
    for (; i + 8 <= to; i += 8) {
      long word = (long) WORD.get(buffer, i) ^ LFS;
      long found = (word - ONES) & ~word & HIGH;
      if (found != 0) {
        return i + (Long.numberOfTrailingZeros(found) >>> 3);
      }
    }
    for (; i < to; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** Reads more behind what is there, at the buffer's front and in a larger buffer if need be. */
  private void fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, (int) Math.min(limit + 1L, 2L * buffer.length));
    }
    int count = in.read(buffer, end, buffer.length - end);
    if (count < 0) {
      atEnd = true;
    } else {
      end += count;
    }
  }

  private void open() throws IOException {
    if (!opened) {
      opened = true;
      while (!atEnd && end < 3 && buffer.length >= 3) {
        fill();
      }
      boolean mark =
          end >= 3
              && buffer[0] == (byte) 0xEF
              && buffer[1] == (byte) 0xBB
              && buffer[2] == (byte) 0xBF;
      next = mark ? 3 : 0;
    }
  }
}
