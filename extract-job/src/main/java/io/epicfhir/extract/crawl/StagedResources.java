package io.epicfhir.extract.crawl;

import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;

/** The resources of a staged file, byte for byte; no other column is read. */
final class StagedResources {
  private static final String RESOURCE_ONLY =
      "message resource { required binary resource (STRING); }";

  private StagedResources() {}

  static void read(Configuration hadoop, Path file, Consumer<byte[]> reader) {
    Configuration resourceOnly = new Configuration(hadoop);
    resourceOnly.set(ReadSupport.PARQUET_READ_SCHEMA, RESOURCE_ONLY);
    try (ParquetReader<Group> rows =
        ParquetReader.builder(new GroupReadSupport(), file).withConf(resourceOnly).build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        reader.accept(row.getBinary(0, 0).getBytes());
      }
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }
}
