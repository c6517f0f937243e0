package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.ColumnType;
import java.sql.SQLException;
import java.util.List;

/** Rows on their way into a COPY, column by column; what is sent is a format's business. */
interface CopyRows {
  void beginRow() throws SQLException;

  /** The UTF-8 of a value's text, or null. */
  void value(ColumnType type, byte[] text) throws SQLException;

  /** A list of such, with null elements, or null. */
  void values(ColumnType type, List<byte[]> elements) throws SQLException;

  void endRow() throws SQLException;

  /** Sends what is still held back, and the format's end. */
  void end() throws SQLException;

  /** How often U+FFFD took the place of U+0000. */
  long nulReplaced();
}
