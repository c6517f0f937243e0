package io.epicfhir.load;

import io.epicfhir.common.delta.CopiedRows;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.DataFile.DeletionVector;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.example.GroupReadSupport;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArrayFormat;
import org.apache.spark.sql.types.StructType;

/**
 * One commit as the transform job writes it where a table has deletion vectors: the rows of some
 * resources are marked, others come in a new file. Spark's own MERGE takes ten times as long.
 */
final class ViewChange {
  private final Path table;
  private final TableLog log;
  private final TableSnapshot snapshot;

  ViewChange(Path table) {
    Lake files = new Lake(new LakePaths(table.getParent().toUri().toString()), new Configuration());
    this.table = table;
    this.log = TableLog.of(files, new org.apache.hadoop.fs.Path(table.toUri()));
    this.snapshot = log.snapshot().orElseThrow();
  }

  boolean marks() {
    return snapshot.deletionVectorsEnabled();
  }

  void commit(StructType schema, List<String> resources, List<Row> rows) {
    try {
      List<DataFile> marked = new ArrayList<>();
      List<DataFile> removed = new ArrayList<>();
      for (DataFile file : snapshot.files()) {
        mark(file, Set.copyOf(resources), marked, removed);
      }
      List<NewFile> added = rows.isEmpty() ? List.of() : List.of(write(table, schema, rows));
      log.change(snapshot.version(), added, CopiedRows.NONE, removed, marked, "test");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A file of which no row is left goes. */
  private void mark(
      DataFile file, Set<String> resources, List<DataFile> marked, List<DataFile> removed)
      throws IOException {
    Set<Long> gone =
        Arrays.stream(log.deletedPositions(file).orElseThrow())
            .boxed()
            .collect(Collectors.toCollection(TreeSet::new));
    int before = gone.size();
    List<String> owners = owners(table.resolve(file.path()));
    for (int position = 0; position < owners.size(); position++) {
      if (resources.contains(owners.get(position))) {
        gone.add((long) position);
      }
    }
    if (gone.size() == owners.size()) {
      removed.add(file);
    } else if (gone.size() > before) {
      marked.add(file.with(vector(gone)));
    }
  }

  /** In a file of its own, as the protocol has it: Delta reads no long vectors out of its log. */
  private DeletionVector vector(Set<Long> positions) throws IOException {
    RoaringBitmapArray bitmap = new RoaringBitmapArray();
    positions.forEach(bitmap::add);
    byte[] bytes = bitmap.serializeAsByteArray(RoaringBitmapArrayFormat.Portable());
    CRC32 checksum = new CRC32();
    checksum.update(bytes);
    Path file = table.resolve("deletion_vector_" + UUID.randomUUID() + ".bin");
    Files.write(
        file,
        ByteBuffer.allocate(1 + 4 + bytes.length + 4)
            .put((byte) 1)
            .putInt(bytes.length)
            .put(bytes)
            .putInt((int) checksum.getValue())
            .array());
    return new DeletionVector(
        "p", file.toUri().toString(), Optional.of(1), bytes.length, positions.size());
  }

  /** The resources of the rows, in their order. */
  private static List<String> owners(Path file) throws IOException {
    List<String> owners = new ArrayList<>();
    try (ParquetReader<Group> reader =
        ParquetReader.builder(new GroupReadSupport(), new org.apache.hadoop.fs.Path(file.toUri()))
            .build()) {
      for (Group row = reader.read(); row != null; row = reader.read()) {
        owners.add(row.getBinary("_resource_id", 0).toStringUsingUTF8());
      }
    }
    return owners;
  }

  /** A file of the table with these rows; no commit names it yet. */
  static NewFile write(Path table, StructType schema, List<Row> rows) throws IOException {
    Path part = table.resolveSibling("part-" + UUID.randomUUID());
    ViewTables.spark().createDataFrame(rows, schema).coalesce(1).write().parquet(part.toString());
    Path target = table.resolve(UUID.randomUUID() + ".parquet");
    try (var files = Files.list(part)) {
      Files.move(
          files
              .filter(f -> f.getFileName().toString().startsWith("part-"))
              .findFirst()
              .orElseThrow(),
          target);
    }
    FileUtils.deleteDirectory(part.toFile());
    return new NewFile(
        target.getFileName().toString(),
        Map.of(),
        Files.size(target),
        rows.size(),
        Files.getLastModifiedTime(target).toMillis());
  }
}
