package io.epicfhir.extract.bronze;

import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.schema.MessageType;

/** Reads one column of texts of a bronze file. */
public final class BronzeColumn {
  private BronzeColumn() {}

  /**
   * Gives each value that is there, in the rows' order.
   *
   * @throws JobException {@link ExitCode#STORAGE} where the file cannot be read, {@link
   *     ExitCode#DATA_REFUSED} where it is damaged
   */
  public static void read(Configuration hadoop, Path file, String column, Consumer<Binary> reader) {
    Configuration oneColumn = new Configuration(hadoop);
    MessageType schema = new MessageType("bronze", BronzeRows.SCHEMA.getType(column));
    oneColumn.set(ReadSupport.PARQUET_READ_SCHEMA, schema.toString());
    try (ParquetReader<Group> rows =
        new Builder(HadoopInputFile.fromPath(file, oneColumn)).build()) {
      for (Group row = next(rows, file); row != null; row = next(rows, file)) {
        if (row.getFieldRepetitionCount(0) > 0) {
          reader.accept(row.getBinary(0, 0));
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }

  /** Where bytes are not what was written, Parquet stumbles in many ways. */
  private static Group next(ParquetReader<Group> rows, Path file) throws IOException {
    try {
      return rows.read();
    } catch (RuntimeException e) {
      throw new JobException(
          ExitCode.DATA_REFUSED,
          "Cannot read " + file + ": it is damaged; " + DamagedFile.REMEDY,
          e);
    }
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
