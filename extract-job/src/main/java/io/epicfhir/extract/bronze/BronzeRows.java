package io.epicfhir.extract.bronze;

import static org.apache.parquet.schema.LogicalTypeAnnotation.stringType;
import static org.apache.parquet.schema.LogicalTypeAnnotation.timestampType;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.BINARY;
import static org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName.INT64;

import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Types;

/** The columns of bronze. The resource goes from the network's bytes to the page's unchanged. */
public final class BronzeRows extends RowSupport<BronzeLine> {
  static final MessageType SCHEMA =
      Types.buildMessage()
          .optional(BINARY)
          .as(stringType())
          .named("id")
          .optional(BINARY)
          .as(stringType())
          .named("version_id")
          .optional(INT64)
          .as(timestampType(true, TimeUnit.MICROS))
          .named("last_updated")
          .required(BINARY)
          .as(stringType())
          .named("resource")
          .required(BINARY)
          .as(stringType())
          .named("export_id")
          .required(BINARY)
          .as(stringType())
          .named("source_file")
          .required(INT64)
          .named("source_line")
          .named("bronze");

  private final Binary exportId;

  public BronzeRows(String exportId) {
    super(SCHEMA);
    this.exportId = Binary.fromString(exportId);
  }

  @Override
  void columns(BronzeLine row) {
    text(0, row.head().id());
    text(1, row.head().versionId());
    number(2, row.head().lastUpdated());
    bytes(3, row.line());
    bytes(4, exportId);
    text(5, row.sourceFile());
    number(6, row.sourceLine());
  }
}
