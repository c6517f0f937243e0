package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.ColumnType;
import java.sql.SQLException;
import java.util.List;

/**
 * Rows in the text format of PostgreSQL's COPY (documentation of COPY, "Text Format"): columns are
 * parted by tabs, rows by newlines, null is \N, and no value can look like one of these or like the
 * end mark, as every backslash is doubled. PostgreSQL itself judges each value.
 */
final class CopyText implements CopyRows {
  private static final byte[] NULL = {'\\', 'N'};
  private static final byte[] NULL_ELEMENT = {'N', 'U', 'L', 'L'};

  private final CopyBuffer out;
  private boolean lineBegun;
  private long nulReplaced;

  CopyText(CopyBuffer out) {
    this.out = out;
  }

  @Override
  public void beginRow() {
    lineBegun = false;
  }

  @Override
  public void value(ColumnType type, byte[] text) throws SQLException {
    beginValue();
    if (text == null) {
      out.put(NULL);
      return;
    }
    FixedTimes.require(type, text);
    int from = 0;
    for (int i = 0; i < text.length; i++) {
      if (text[i] == '\\' || (text[i] >= 0 && text[i] < ' ')) {
        out.put(text, from, i);
        escaped(text[i]);
        from = i + 1;
      }
    }
    out.put(text, from, text.length);
  }

  @Override
  public void values(ColumnType type, List<byte[]> elements) throws SQLException {
    beginValue();
    if (elements == null) {
      out.put(NULL);
      return;
    }
    out.put((byte) '{');
    boolean first = true;
    for (byte[] element : elements) {
      if (!first) {
        out.put((byte) ',');
      }
      first = false;
      element(type, element);
    }
    out.put((byte) '}');
  }

  @Override
  public void endRow() throws SQLException {
    out.put((byte) '\n');
  }

  @Override
  public void end() throws SQLException {
    out.flush();
  }

  @Override
  public long nulReplaced() {
    return nulReplaced;
  }

  private void beginValue() throws SQLException {
    if (lineBegun) {
      out.put((byte) '\t');
    }
    lineBegun = true;
  }

  /** Quoted for the array first, then escaped for COPY. */
  private void element(ColumnType type, byte[] text) throws SQLException {
    if (text == null) {
      out.put(NULL_ELEMENT);
      return;
    }
    FixedTimes.require(type, text);
    out.put((byte) '"');
    for (byte b : text) {
      if (b == '"' || b == '\\') {
        escaped((byte) '\\');
      }
      escaped(b);
    }
    out.put((byte) '"');
  }

  private void escaped(byte b) throws SQLException {
    switch (b) {
      case '\\' -> escape('\\');
      case '\t' -> escape('t');
      case '\n' -> escape('n');
      case '\r' -> escape('r');
      case 0 -> {
        out.put(CopyBuffer.REPLACEMENT);
        nulReplaced++;
      }
      default -> out.put(b);
    }
  }

  private void escape(char letter) throws SQLException {
    out.put((byte) '\\');
    out.put((byte) letter);
  }
}
