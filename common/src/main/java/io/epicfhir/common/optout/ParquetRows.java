package io.epicfhir.common.optout;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.RowGroups;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroup;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;

/** Reads a Parquet file row by row, and copies it without some of its rows, the others verbatim. */
public final class ParquetRows {
  private ParquetRows() {}

  /**
   * A copy.
   *
   * @param rows in it
   * @param gone rows of the original that are not
   * @param bytes its size; 0 where no row is left, and no file
   */
  public record Copy(long rows, long gone, long bytes) {}

  /** Whether any row is as asked for. */
  public static boolean any(Configuration hadoop, Path file, Predicate<Group> row) {
    try (ParquetReader<Group> rows = reader(hadoop, file)) {
      for (Group one = rows.read(); one != null; one = rows.read()) {
        if (row.test(one)) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    } catch (JobException e) {
      throw e;
    } catch (RuntimeException e) {
      throw damaged(file, e);
    }
  }

  private static JobException damaged(Path file, RuntimeException e) {
    return new JobException(
        ExitCode.STORAGE,
        "Cannot read "
            + file
            + ": it is not a complete Parquet file; restore or delete it, then rerun",
        e);
  }

  /**
   * Copies a file; where no row stays there is no copy.
   *
   * @param row gives what a row becomes; empty where it goes
   */
  public static Copy copy(
      Configuration hadoop, Path from, Path to, Function<Group, Optional<Group>> row) {
    long rows = 0;
    long gone = 0;
    try (ParquetReader<Group> reader = reader(hadoop, from)) {
      try (ParquetWriter<Group> writer = writer(hadoop, from, to)) {
        for (Group one = reader.read(); one != null; one = reader.read()) {
          Optional<Group> stays = row.apply(one);
          if (stays.isPresent()) {
            writer.write(stays.get());
            rows++;
          } else {
            gone++;
          }
        }
      }
      var fs = to.getFileSystem(hadoop);
      if (rows == 0) {
        fs.delete(to, false);
        return new Copy(0, gone, 0);
      }
      return new Copy(rows, gone, fs.getFileStatus(to).getLen());
    } catch (IOException e) {
      throw StorageFailure.of("copy " + from, e, to, hadoop);
    } catch (JobException e) {
      throw e;
    } catch (RuntimeException e) {
      throw damaged(from, e);
    }
  }

  /** The bytes of a text or binary column; empty where the row has none. */
  public static byte[] bytes(Group row, String column) {
    int field = row.getType().getFieldIndex(column);
    return row.getFieldRepetitionCount(field) == 0
        ? new byte[0]
        : row.getBinary(field, 0).getBytes();
  }

  /** Whether any text or binary value of a row, nested ones too, is as asked for. */
  public static boolean anyText(Group row, Predicate<byte[]> text) {
    GroupType type = row.getType();
    for (int i = 0; i < type.getFieldCount(); i++) {
      if (anyText(row, i, text)) {
        return true;
      }
    }
    return false;
  }

  /** Whether any text or binary value of one field is. */
  public static boolean anyText(Group row, int field, Predicate<byte[]> text) {
    GroupType type = row.getType();
    for (int n = 0; n < row.getFieldRepetitionCount(field); n++) {
      boolean found =
          type.getType(field).isPrimitive()
              ? isBinary(type, field) && text.test(row.getBinary(field, n).getBytes())
              : anyText(row.getGroup(field, n), text);
      if (found) {
        return true;
      }
    }
    return false;
  }

  /** Whether a row of a view's table is about somebody. */
  public static boolean isAbout(Group row, RowNames names) {
    for (int i = 0; i < row.getType().getFieldCount(); i++) {
      String column = row.getType().getFieldName(i);
      anyText(
          row,
          i,
          text -> {
            names.add(column, new String(text, StandardCharsets.UTF_8));
            return false;
          });
    }
    return names.any();
  }

  private static boolean isBinary(GroupType type, int field) {
    return type.getType(field).asPrimitiveType().getPrimitiveTypeName() == PrimitiveTypeName.BINARY;
  }

  /** The same row of flat columns with another text in one of them. */
  public static Group with(Group row, String column, byte[] text) {
    GroupType type = row.getType();
    Group copy = new SimpleGroup(type);
    for (int i = 0; i < type.getFieldCount(); i++) {
      if (row.getFieldRepetitionCount(i) == 0) {
        continue;
      }
      switch (type.getType(i).asPrimitiveType().getPrimitiveTypeName()) {
        case INT64 -> copy.add(i, row.getLong(i, 0));
        case INT32 -> copy.add(i, row.getInteger(i, 0));
        default ->
            copy.add(
                i,
                type.getFieldName(i).equals(column)
                    ? Binary.fromConstantByteArray(text)
                    : row.getBinary(i, 0));
      }
    }
    return copy;
  }

  private static ParquetReader<Group> reader(Configuration hadoop, Path file) throws IOException {
    // A copy would make a page whole that is not: its checksum would be the copy's.
    return new Builder(HadoopInputFile.fromPath(file, hadoop))
        .usePageChecksumVerification()
        .build();
  }

  /** As bronze is written: no smallest and largest values, which would be patient data. */
  private static ParquetWriter<Group> writer(Configuration hadoop, Path from, Path to)
      throws IOException {
    MessageType schema;
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(from, hadoop))) {
      schema = reader.getFooter().getFileMetaData().getSchema();
    }
    ExampleParquetWriter.Builder builder =
        ExampleParquetWriter.builder(HadoopOutputFile.fromPath(to, hadoop))
            .withConf(hadoop)
            .withType(schema)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withRowGroupSize(RowGroups.BYTES)
            .withStatisticsEnabled(false);
    for (String widest : new String[] {"resource", "line", "id"}) {
      builder = schema.containsField(widest) ? without(builder, widest) : builder;
    }
    return builder.build();
  }

  private static ExampleParquetWriter.Builder without(
      ExampleParquetWriter.Builder builder, String column) {
    return builder.withDictionaryEncoding(column, false);
  }

  /** Parquet's own one for a path reads all of Hadoop's XML files anew for each file. */
  private static final class Builder extends ParquetReader.Builder<Group> {
    Builder(InputFile file) {
      super(file);
    }

    @Override
    protected ReadSupport<Group> getReadSupport() {
      return new GroupReadSupport();
    }
  }
}
