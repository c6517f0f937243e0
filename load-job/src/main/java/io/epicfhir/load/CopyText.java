package io.epicfhir.load;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.postgresql.copy.CopyIn;

/**
 * Rows in the text format of PostgreSQL's COPY (documentation of COPY, "Text Format"), straight
 * into the stream: columns are parted by tabs, rows by newlines, null is \N, and no value can look
 * like one of these or like the end mark, as every backslash is doubled.
 */
final class CopyText {
  private static final byte[] NULL = {'\\', 'N'};
  private static final byte[] NULL_ELEMENT = {'N', 'U', 'L', 'L'};

  /** U+FFFD, the replacement character. */
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(StandardCharsets.UTF_8);

  private final CopyIn copy;
  private final byte[] buffer = new byte[1 << 16];
  private int used;
  private boolean lineBegun;
  private long bytes;
  private long nulReplaced;

  CopyText(CopyIn copy) {
    this.copy = copy;
  }

  /** The UTF-8 of a text, or null. */
  void value(byte[] text) throws SQLException {
    beginValue();
    if (text == null) {
      raw(NULL);
      return;
    }
    int from = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\\' || (text[i] >= 0 && text[i] < ' ')) {
        raw(text, from, i);
        escaped(text[i]);
        from = i + 1;
      }
    }
    raw(text, from, text.length);
  }

  /** An array of texts in UTF-8 and nulls, or null. */
  void values(List<byte[]> elements) throws SQLException {
    beginValue();
    if (elements == null) {
      raw(NULL);
      return;
    }
    raw((byte) '{');
    boolean first = true;
    for (byte[] element : elements) {
      if (!first) {
        raw((byte) ',');
      }
      first = false;
      element(element);
    }
    raw((byte) '}');
  }

  void endRow() throws SQLException {
    raw((byte) '\n');
    lineBegun = false;
  }

  /** Sends what is still held back. */
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

  /** How often U+FFFD took the place of U+0000. */
  long nulReplaced() {
    return nulReplaced;
  }

  private void beginValue() throws SQLException {
    if (lineBegun) {
      raw((byte) '\t');
    }
    lineBegun = true;
  }

  /** Quoted for the array first, then escaped for COPY. */
  private void element(byte[] text) throws SQLException {
    if (text == null) {
      raw(NULL_ELEMENT);
      return;
    }
    raw((byte) '"');
    for (byte b : text) {
      if (b == '"' || b == '\\') {
        escaped((byte) '\\');
      }
      escaped(b);
    }
    raw((byte) '"');
  }

  private void escaped(byte b) throws SQLException {
    switch (b) {
      case '\\' -> escape('\\');
      case '\t' -> escape('t');
      case '\n' -> escape('n');
      case '\r' -> escape('r');
      case 0 -> {
        raw(REPLACEMENT);
        nulReplaced++;
      }
      default -> raw(b);
    }
  }

  private void escape(char letter) throws SQLException {
    raw((byte) '\\');
    raw((byte) letter);
  }

  private void raw(byte... some) throws SQLException {
    raw(some, 0, some.length);
  }

  /** The bytes from one place to before another. */
  private void raw(byte[] some, int from, int to) throws SQLException {
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

  private void raw(byte b) throws SQLException {
    if (used == buffer.length) {
      flush();
    }
    buffer[used++] = b;
  }
}
