package io.epicfhir.transform.views;

import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.RecordConsumer;
import org.apache.parquet.schema.MessageType;
import org.apache.spark.package$;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.execution.datasources.parquet.ParquetReadSupport;
import org.apache.spark.sql.execution.datasources.parquet.SparkToParquetSchemaConverter;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.IntegerType;
import org.apache.spark.sql.types.LongType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/** Gives rows of texts, booleans, whole numbers and lists of them to Parquet. */
final class RowWriteSupport extends WriteSupport<InternalRow> {
  private final StructType schema;
  private final MessageType parquet;
  private final String[] names;
  private final DataType[] types;
  private RecordConsumer out;

  RowWriteSupport(StructType schema) {
    this.schema = schema;
    this.parquet = new SparkToParquetSchemaConverter(new SQLConf()).convert(schema);
    this.names = schema.fieldNames();
    StructField[] fields = schema.fields();
    this.types = new DataType[fields.length];
    for (int i = 0; i < fields.length; i++) {
      types[i] = fields[i].dataType();
    }
  }

  @Override
  @SuppressWarnings("deprecation") // abstract still
  public WriteContext init(Configuration configuration) {
    // Spark and Delta take files for their own by these.
    return new WriteContext(
        parquet,
        Map.of(
            "org.apache.spark.version",
            package$.MODULE$.SPARK_VERSION_SHORT(),
            ParquetReadSupport.SPARK_METADATA_KEY(),
            schema.json()));
  }

  @Override
  public void prepareForWrite(RecordConsumer consumer) {
    out = consumer;
  }

  @Override
  public void write(InternalRow row) {
    out.startMessage();
    for (int i = 0; i < types.length; i++) {
      if (!row.isNullAt(i)) {
        out.startField(names[i], i);
        if (types[i] instanceof ArrayType array) {
          list(row.getArray(i), array.elementType());
        } else {
          value(row.get(i, types[i]), types[i]);
        }
        out.endField(names[i], i);
      }
    }
    out.endMessage();
  }

  private void list(ArrayData list, DataType type) {
    out.startGroup();
    if (list.numElements() > 0) {
      out.startField("list", 0);
      for (int i = 0; i < list.numElements(); i++) {
        out.startGroup();
        out.startField("element", 0);
        value(list.get(i, type), type);
        out.endField("element", 0);
        out.endGroup();
      }
      out.endField("list", 0);
    }
    out.endGroup();
  }

  private void value(Object value, DataType type) {
    if (type instanceof BooleanType) {
      out.addBoolean((Boolean) value);
    } else if (type instanceof IntegerType) {
      out.addInteger((Integer) value);
    } else if (type instanceof LongType) {
      out.addLong((Long) value);
    } else {
      out.addBinary(binary((UTF8String) value));
    }
  }

  /** The bytes as they lie; Parquet copies those that it keeps. */
  private static Binary binary(UTF8String text) {
    if (text.getBaseObject() instanceof byte[] bytes) {
      int from = (int) (text.getBaseOffset() - Platform.BYTE_ARRAY_OFFSET);
      return Binary.fromReusedByteArray(bytes, from, text.numBytes());
    }
    return Binary.fromReusedByteArray(text.getBytes());
  }
}
