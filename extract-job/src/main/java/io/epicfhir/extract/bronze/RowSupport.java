package io.epicfhir.extract.bronze;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;

/** Writes rows of flat columns; a column that is absent in a row is simply not named. */
abstract class RowSupport<T> extends WriteSupport<T> {
  private final MessageType schema;
  private RecordConsumer out;

  RowSupport(MessageType schema) {
    this.schema = schema;
  }

  /** Adds the row's columns in the schema's order. */
  abstract void columns(T row);

  @Override
  public final WriteContext init(ParquetConfiguration configuration) {
    return new WriteContext(schema, Map.of());
  }

  @Override
  @SuppressWarnings("deprecation") // abstract still
  public final WriteContext init(Configuration configuration) {
    return new WriteContext(schema, Map.of());
  }

  @Override
  public final void prepareForWrite(RecordConsumer consumer) {
    out = consumer;
  }

  @Override
  public final void write(T row) {
    out.startMessage();
    columns(row);
    out.endMessage();
  }

  final void text(int column, String value) {
    if (value != null) {
      bytes(column, Binary.fromString(value));
    }
  }

  final void bytes(int column, Binary value) {
    String name = schema.getFieldName(column);
    out.startField(name, column);
    out.addBinary(value);
    out.endField(name, column);
  }

  final void number(int column, Long value) {
    if (value != null) {
      String name = schema.getFieldName(column);
      out.startField(name, column);
      out.addLong(value);
      out.endField(name, column);
    }
  }

  final void small(int column, int value) {
    String name = schema.getFieldName(column);
    out.startField(name, column);
    out.addInteger(value);
    out.endField(name, column);
  }
}
