package io.epicfhir.extract.crawl;

import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import io.epicfhir.common.StorageFailure;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.util.SerializableConfiguration;

/**
 * One Spark task: finds the references in one staged file, each once, and writes them to a small
 * file, one a line.
 */
final class ReferenceTask implements Function<String, String> {
  private static final long serialVersionUID = 1L;

  private static final String RESOURCE_ONLY =
      "message resource { required binary resource (STRING); }";

  private final References wanted;
  private final HashSet<String> withDocuments;
  private final String lake;
  private final String folder;
  private final SerializableConfiguration hadoop;

  /**
   * @param withDocuments the staged files whose resources may have documents that are wanted
   * @param folder where the references are written
   */
  ReferenceTask(
      References wanted,
      Set<String> withDocuments,
      String lake,
      String folder,
      SerializableConfiguration hadoop) {
    this.wanted = wanted;
    this.withDocuments = new HashSet<>(withDocuments);
    this.lake = lake;
    this.folder = folder;
    this.hadoop = hadoop;
  }

  @Override
  public String call(String staged) {
    Path file = new Path(staged);
    Path to = new Path(folder, file.getName() + ".txt");
    new Lake(new LakePaths(lake), hadoop.value())
        .write(
            to,
            references(file, withDocuments.contains(staged)).stream()
                .filter(FileReferences::isOneLine)
                .collect(Collectors.joining("\n")));
    return to.toString();
  }

  private Set<String> references(Path file, boolean documents) {
    ReferenceScan scan = new ReferenceScan(wanted);
    Configuration resourceOnly = new Configuration(hadoop.value());
    resourceOnly.set(ReadSupport.PARQUET_READ_SCHEMA, RESOURCE_ONLY);
    Set<String> found = new LinkedHashSet<>();
    try (ParquetReader<Group> rows =
        ParquetReader.builder(new GroupReadSupport(), file).withConf(resourceOnly).build()) {
      for (Group row = rows.read(); row != null; row = rows.read()) {
        byte[] line = row.getBinary(0, 0).getBytes();
        if (documents || !scan.scan(line, 0, line.length, found)) {
          found.addAll(PageScan.resource(line, wanted).references());
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
    return found;
  }
}
