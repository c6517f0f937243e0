package io.epicfhir.transform.views;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.util.Arrays;

/** The lines of a piece of an NDJSON file, cut at LF, as they lie in the reader's buffer. */
final class NdjsonLines implements AutoCloseable {
  private static final int BUFFER = 1 << 20;
  private static final byte LF = '\n';

  private final NdjsonSplit split;
  private final RandomAccessFile in;
  private byte[] buffer = new byte[BUFFER];
  private long offset;
  private int filled;
  private int start;
  private int next;
  private int lineEnd;
  private boolean atEnd;

  NdjsonLines(NdjsonSplit split) {
    this.split = split;
    try {
      in = new RandomAccessFile(split.file(), "r");
      // The byte before the piece shows whether a line begins with the piece.
      offset = Math.max(0, split.start() - 1);
      in.seek(offset);
      if (split.start() > 0) {
        next();
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /** Moves to the next line; false where the piece has no more. */
  boolean next() {
    start = next;
    if (offset + start >= split.end()) {
      return false;
    }
    int scanned = start;
    while (true) {
      int end = ByteSearch.find(LF, buffer, scanned, filled);
      if (end < filled) {
        lineEnd = end;
        next = end + 1;
        return true;
      }
      scanned = filled - start;
      if (atEnd) {
        lineEnd = filled;
        next = filled;
        return filled > start;
      }
      fill();
    }
  }

  byte[] buffer() {
    return buffer;
  }

  int start() {
    return start;
  }

  int end() {
    return lineEnd;
  }

  private void fill() {
    try {
      int kept = filled - start;
      if (kept == buffer.length) {
        buffer = Arrays.copyOf(buffer, Math.multiplyExact(2, kept));
      } else if (start > 0) {
        System.arraycopy(buffer, start, buffer, 0, kept);
      }
      offset += start;
      start = 0;
      filled = kept;
      int count = in.read(buffer, filled, buffer.length - filled);
      if (count < 0) {
        atEnd = true;
      } else {
        filled += count;
      }
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  private UncheckedIOException failed(IOException e) {
    return new UncheckedIOException("Cannot read " + split.file(), e);
  }
}
