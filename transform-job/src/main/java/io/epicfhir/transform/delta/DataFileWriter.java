package io.epicfhir.transform.delta;

import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.delta.NewFile;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
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
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import scala.collection.immutable.Map$;

/**
 * Writes rows as Parquet files into a table's folder, in one Spark job, and says which files those
 * are: nobody sees them before a commit names them. Spark's own Delta writer does the same with
 * several jobs and some seconds of planning a table.
 */
public final class DataFileWriter {
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
    Job job = job(session);
    OutputWriterFactory factory = factory(session, job);
    // Smallest and largest values of patient data in footers help nobody.
    job.getConfiguration().set("parquet.column.statistics.enabled", "false");
    Task task =
        new Task(
            factory,
            new SerializableConfiguration(job.getConfiguration()),
            table.toString(),
            columns,
            partitionColumn.map(c -> columns.length()).orElse(-1),
            partitionColumn.orElse(""),
            rangeColumn.map(columns::fieldIndex).orElse(-1));
    return TaskResults.collect(rows.mapPartitions(task));
  }

  private Job job(SparkSession session) {
    try {
      return Job.getInstance(session.sessionState().newHadoopConf());
    } catch (IOException e) {
      throw StorageFailure.of("write " + table, e);
    }
  }

  private OutputWriterFactory factory(SparkSession session, Job job) {
    return ParquetUtils.prepareWrite(
        session.sessionState().conf(),
        job,
        columns,
        new ParquetOptions(Map$.MODULE$.empty(), session.sessionState().conf()));
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
    @Override
    public Iterator<NewFile> call(Iterator<InternalRow> rows) throws Exception {
      try (OpenFiles files =
          new OpenFiles(factory, configuration.value(), table, columns, rangeOrdinal)) {
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
