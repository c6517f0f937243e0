package io.epicfhir.transform;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;

/** Writes a bronze file without a Spark job, which would cost more than what is tested. */
final class BronzeFile {
  private static final MessageType COLUMNS =
      MessageTypeParser.parseMessageType(
          """
          message bronze {
            optional binary id (STRING);
            optional binary version_id (STRING);
            optional int64 last_updated (TIMESTAMP(MICROS, true));
            optional binary resource (STRING);
            optional binary export_id (STRING);
            optional binary source_file (STRING);
            optional int64 source_line;
          }
          """);

  private BronzeFile() {}

  /** One line of a source file; id, version and time may be null. */
  record Line(
      String id,
      String version,
      Instant updated,
      String resource,
      String export,
      String file,
      long number) {}

  static void write(Path file, List<Line> lines) throws IOException {
    Configuration hadoop = new Configuration();
    SimpleGroupFactory groups = new SimpleGroupFactory(COLUMNS);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(
                HadoopOutputFile.fromPath(
                    new org.apache.hadoop.fs.Path(file.toUri().toString()), hadoop))
            .withConf(hadoop)
            .withType(COLUMNS)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .build()) {
      for (Line line : lines) {
        writer.write(group(groups.newGroup(), line));
      }
    }
  }

  private static Group group(Group row, Line line) {
    text(row, "id", line.id());
    text(row, "version_id", line.version());
    if (line.updated() != null) {
      row.append("last_updated", ChronoUnit.MICROS.between(Instant.EPOCH, line.updated()));
    }
    text(row, "resource", line.resource());
    text(row, "export_id", line.export());
    text(row, "source_file", line.file());
    return row.append("source_line", line.number());
  }

  private static void text(Group row, String column, String value) {
    if (value != null) {
      row.append(column, value);
    }
  }
}
