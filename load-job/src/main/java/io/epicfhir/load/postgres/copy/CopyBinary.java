package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.ColumnType;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Rows in the binary format of PostgreSQL's COPY (documentation of COPY, "Binary Format"): each
 * value is its length and its bytes. PostgreSQL has nothing to unescape and nothing to parse.
 */
final class CopyBinary implements CopyRows {
  /** Behind COPY's FROM STDIN. */
  static final String OPTIONS = " WITH (FORMAT binary)";

  private static final byte[] SIGNATURE =
      "PGCOPY\n\u00ff\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final int NULL = -1;
  private static final int END = -1;

  private final CopyBuffer out;
  private final int columns;
  private boolean begun;
  private long nulReplaced;

  CopyBinary(CopyBuffer out, int columns) {
    this.out = out;
    this.columns = columns;
  }

  @Override
  public void beginRow() throws SQLException {
    begin();
    out.putShort(columns);
  }

  @Override
  public void value(ColumnType type, byte[] text) throws SQLException {
    if (text == null) {
      out.putInt(NULL);
      return;
    }
    encoded(binary(type, text));
  }

  /** A value that is in PostgreSQL's format already. */
  void encoded(byte[] value) throws SQLException {
    out.putInt(value.length);
    out.put(value);
  }

  /** The format of a text. */
  byte[] binary(ColumnType type, byte[] text) {
    return BinaryValues.of(type, storable(text));
  }

  /** A text from where Spark has it. */
  void text(UTF8String text) throws SQLException {
    if (!out.putSized(text)) {
      value(ColumnType.TEXT, text.getBytes());
    }
  }

  void truth(boolean value) throws SQLException {
    out.putInt(1);
    out.put((byte) (value ? 1 : 0));
  }

  void integer(int value) throws SQLException {
    out.putInt(Integer.BYTES);
    out.putInt(value);
  }

  void bigint(long value) throws SQLException {
    out.putInt(Long.BYTES);
    out.putLong(value);
  }

  /** So many columns without a value. */
  void nulls(int columnsWithout) throws SQLException {
    for (int i = 0; i < columnsWithout; i++) {
      out.putInt(NULL);
    }
  }

  @Override
  public void values(ColumnType type, List<byte[]> elements) throws SQLException {
    if (elements == null) {
      out.putInt(NULL);
      return;
    }
    byte[][] values = new byte[elements.size()][];
    int length = 12 + (values.length == 0 ? 0 : 8);
    boolean nulls = false;
    for (int i = 0; i < values.length; i++) {
      byte[] text = elements.get(i);
      nulls |= text == null;
      values[i] = text == null ? null : BinaryValues.of(type, storable(text));
      length += Integer.BYTES + (text == null ? 0 : values[i].length);
    }
    out.putInt(length);
    out.putInt(values.length == 0 ? 0 : 1);
    out.putInt(nulls ? 1 : 0);
    out.putInt(PostgresType.oid(type));
    if (values.length > 0) {
      out.putInt(values.length);
      out.putInt(1); // PostgreSQL counts from one
    }
    for (byte[] value : values) {
      out.putInt(value == null ? NULL : value.length);
      if (value != null) {
        out.put(value);
      }
    }
  }

  @Override
  public void endRow() {
    // a row ends with its last value
  }

  @Override
  public void end() throws SQLException {
    begin();
    out.putShort(END);
    out.flush();
  }

  @Override
  public long nulReplaced() {
    return nulReplaced;
  }

  private void begin() throws SQLException {
    if (!begun) {
      out.put(SIGNATURE);
      out.putInt(0); // no flags
      out.putInt(0); // no more of a header
      begun = true;
    }
  }

  private byte[] storable(byte[] text) {
    int nuls = 0;
    for (byte b : text) {
      nuls += b == 0 ? 1 : 0;
    }
    nulReplaced += nuls;
    return nuls == 0 ? text : BinaryValues.withoutNul(text);
  }
}
