package io.epicfhir.extract.bronze;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT32;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/** The columns of quarantine; the line is binary, since it may be no text at all. */
public final class QuarantineRows extends RowSupport<QuarantinedLine> {
  static final MessageType SCHEMA =
      Types.buildMessage()
          .required(BINARY)
          .as(stringType())
          .named("reason")
          .required(BINARY)
          .as(stringType())
          .named("source_file")
          .required(INT64)
          .named("source_line")
          .required(INT32)
          .named("part")
          .required(BINARY)
          .named("line")
          .named("quarantine");

  public QuarantineRows() {
    super(SCHEMA);
  }

  @Override
  void columns(QuarantinedLine row) {
    text(0, row.reason());
    text(1, row.sourceFile());
    number(2, row.sourceLine());
    small(3, row.part());
    bytes(4, row.line());
  }
}
