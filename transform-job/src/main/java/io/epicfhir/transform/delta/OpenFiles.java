package io.epicfhir.transform.delta;

import io.epicfhir.common.delta.NewFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.types.StructType;

/** The files that a task has open: one for each partition value. A task that fails removes them. */
final class OpenFiles implements AutoCloseable {
  private final OutputWriterFactory factory;
  private final Configuration configuration;
  private final String table;
  private final StructType columns;
  private final int rangeOrdinal;
  private final TaskAttemptContext context;
  private final Map<String, Open> open = new LinkedHashMap<>();

  private static final class Open {
    private final String path;
    private final Map<String, String> partition;
    private final OutputWriter writer;
    private long rows;
    private long smallest = Long.MAX_VALUE;
    private long largest = Long.MIN_VALUE;
    private boolean closed;

    Open(String path, Map<String, String> partition, OutputWriter writer) {
      this.path = path;
      this.partition = partition;
      this.writer = writer;
    }
  }

  OpenFiles(
      OutputWriterFactory factory,
      Configuration configuration,
      String table,
      StructType columns,
      int rangeOrdinal) {
    this.factory = factory;
    this.configuration = configuration;
    this.table = table;
    this.columns = columns;
    this.rangeOrdinal = rangeOrdinal;
    this.context = new TaskAttemptContextImpl(configuration, new TaskAttemptID());
  }

  /**
   * @param column the partition's column, or empty where the table has none
   */
  void write(String column, String value, InternalRow row) {
    Open file = open.computeIfAbsent(value, v -> begin(column, v));
    file.writer.write(row);
    file.rows++;
    if (rangeOrdinal >= 0) {
      long at = row.getLong(rangeOrdinal);
      file.smallest = Math.min(file.smallest, at);
      file.largest = Math.max(file.largest, at);
    }
  }

  private Open begin(String column, String value) {
    String name = "part-" + UUID.randomUUID() + ".zstd.parquet";
    String path = column.isEmpty() ? name : column + "=" + value + "/" + name;
    return new Open(
        path,
        column.isEmpty() ? Map.of() : Map.of(column, value),
        factory.newInstance(table + "/" + path, columns, context));
  }

  /** Ends all files and says what they are. */
  List<NewFile> finish() throws IOException {
    List<NewFile> files = new ArrayList<>();
    for (Open file : open.values()) {
      file.writer.close();
      file.closed = true;
      Path path = new Path(table, file.path);
      FileStatus status = path.getFileSystem(configuration).getFileStatus(path);
      Map<String, NewFile.Range> ranges =
          rangeOrdinal < 0
              ? Map.of()
              : Map.of(
                  columns.fields()[rangeOrdinal].name(),
                  new NewFile.Range(file.smallest, file.largest));
      files.add(
          new NewFile(
              file.path,
              file.partition,
              status.getLen(),
              file.rows,
              status.getModificationTime(),
              ranges));
    }
    open.clear();
    return files;
  }

  @Override
  public void close() throws IOException {
    for (Open file : open.values()) {
      if (!file.closed) {
        file.writer.close();
      }
      Path path = new Path(table, file.path);
      path.getFileSystem(configuration).delete(path, false);
    }
    open.clear();
  }
}
