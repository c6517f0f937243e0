package io.epicfhir.transform.delta;

import io.epicfhir.common.RowGroups;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.NewFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.Job;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.parquet.ParquetOptions;
import org.apache.spark.sql.execution.datasources.parquet.ParquetUtils;
import org.apache.spark.sql.internal.SQLConf;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import scala.collection.immutable.Map$;

/**
 * Writes rows as Parquet files into a table's folder, in one Spark job, and says which files those
 * are: nobody sees them before a commit names them. Spark's own Delta writer does the same with
 * several jobs and some seconds of planning a table.
 */
public final class DataFileWriter {
  private static final SQLConf WITHOUT_SESSION = withoutSession();

  private final Path table;
  private final StructType columns;
  private final Optional<String> partitionColumn;
  private final Optional<String> rangeColumn;

  /**
   * @param columns of the files; the rows have them first, in this order
   * @param partitionColumn a text column that the rows have after those
   * @param rangeColumn a long column of the files whose smallest and largest value the log may hold
   */
  public DataFileWriter(
      Path table,
      StructType columns,
      Optional<String> partitionColumn,
      Optional<String> rangeColumn) {
    this.table = table;
    this.columns = columns;
    this.partitionColumn = partitionColumn;
    this.rangeColumn = rangeColumn;
  }

  /**
   * Writes the rows; each task gives a file for each partition value that it meets. Where a task
   * fails, Spark's exception comes through.
   */
  public List<NewFile> write(Dataset<Row> rows) {
    var classic = (org.apache.spark.sql.classic.Dataset<Row>) rows;
    return write(classic.sparkSession(), classic.queryExecution().toRdd().toJavaRDD());
  }

  /** The same for rows in Spark's own form. */
  List<NewFile> write(SparkSession session, JavaRDD<InternalRow> rows) {
    Task task = task(session.sessionState().newHadoopConf(), session.sessionState().conf());
    return TaskResults.collect(rows.mapPartitions(task));
  }

  /**
   * Writes rows in this thread, without a session.
   *
   * @throws io.epicfhir.common.JobException where the storage fails
   */
  public List<NewFile> write(Configuration hadoop, Iterator<InternalRow> rows) {
    List<NewFile> files = new ArrayList<>();
    try {
      task(hadoop, WITHOUT_SESSION).call(rows).forEachRemaining(files::add);
      return files;
    } catch (IOException e) {
      throw StorageFailure.of("write " + table, e);
    }
  }

  /** Files for rows that come one by one, in this thread. */
  OpenFiles open(Configuration hadoop) {
    return task(hadoop, WITHOUT_SESSION).open();
  }

  private Task task(Configuration hadoop, SQLConf settings) {
    Job job = job(hadoop);
    OutputWriterFactory factory =
        ParquetUtils.prepareWrite(
            settings, job, columns, new ParquetOptions(Map$.MODULE$.empty(), settings));
    // Smallest and largest values of patient data in footers help nobody.
    job.getConfiguration().set("parquet.column.statistics.enabled", "false");
    job.getConfiguration().setLong(RowGroups.KEY, RowGroups.BYTES);
    return new Task(
        factory,
        new SerializableConfiguration(job.getConfiguration()),
        table.toString(),
        columns,
        partitionColumn.map(c -> columns.length()).orElse(-1),
        partitionColumn.orElse(""),
        rangeColumn.map(columns::fieldIndex).orElse(-1));
  }

  private Job job(Configuration hadoop) {
    try {
      return Job.getInstance(hadoop);
    } catch (IOException e) {
      throw StorageFailure.of("write " + table, e);
    }
  }

  /** What Spark's sessions of this pipeline have, as far as it concerns files. */
  private static SQLConf withoutSession() {
    SQLConf settings = new SQLConf();
    settings.setConfString("spark.sql.parquet.compression.codec", "zstd");
    settings.setConfString("spark.sql.parquet.outputTimestampType", "TIMESTAMP_MICROS");
    settings.setConfString("spark.sql.session.timeZone", "UTC");
    return settings;
  }

  /** Writes a partition of the rows; on an executor. */
  private record Task(
      OutputWriterFactory factory,
      SerializableConfiguration configuration,
      String table,
      StructType columns,
      int partitionOrdinal,
      String partitionColumn,
      int rangeOrdinal)
      implements FlatMapFunction<Iterator<InternalRow>, NewFile> {
    OpenFiles open() {
      return new OpenFiles(factory, configuration.value(), table, columns, rangeOrdinal);
    }

    @Override
    public Iterator<NewFile> call(Iterator<InternalRow> rows) throws IOException {
      try (OpenFiles files = open()) {
        LeadingColumns leading = new LeadingColumns(columns);
        if (partitionOrdinal < 0) {
          rows.forEachRemaining(row -> files.write("", "", leading.of(row)));
        } else {
          while (rows.hasNext()) {
            InternalRow row = rows.next();
            String partition = row.getUTF8String(partitionOrdinal).toString();
            files.write(partitionColumn, partition, leading.of(row));
          }
        }
        return files.finish().iterator();
      }
    }
  }
}
