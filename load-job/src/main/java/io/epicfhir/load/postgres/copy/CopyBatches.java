package io.epicfhir.load.postgres.copy;

import io.epicfhir.load.spi.TableShape;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.execution.ColumnarToRowExec;
import org.apache.spark.sql.execution.FileSourceScanExec;
import org.apache.spark.sql.execution.InputAdapter;
import org.apache.spark.sql.execution.SparkPlan;
import org.apache.spark.sql.execution.WholeStageCodegenExec;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;

/**
 * Rows as Spark's Parquet reader has them, column by column, into the binary format of COPY: no
 * Spark row is made of them, and no program of their columns compiled.
 */
final class CopyBatches {
  private final CopyBinary out;
  private final CopyColumn[] columns;
  private final CopyColumn[] filled;
  private final int[] emptyBefore;
  private final Consumer<TableShape.Column> nulFound;

  /**
   * @param nulFound told of a column with U+0000
   */
  CopyBatches(
      List<TableShape.Column> columns, CopyBinary out, Consumer<TableShape.Column> nulFound) {
    this.out = out;
    this.columns =
        columns.stream().map(column -> new CopyColumn(column, out)).toArray(CopyColumn[]::new);
    this.filled = new CopyColumn[this.columns.length];
    this.emptyBefore = new int[this.columns.length + 1];
    this.nulFound = nulFound;
  }

  /** Whether the values of all columns are taken as Spark has them. */
  static boolean takes(TableShape shape, StructType schema) {
    return shape.columns().stream()
        .allMatch(column -> CopyColumn.takes(column, schema.apply(column.name()).dataType()));
  }

  /**
   * Reads rows this way; empty where they are more than columns of files, or of types that must
   * become texts first.
   */
  static Optional<RDD<ColumnarBatch>> of(TableShape shape, Dataset<Row> rows) {
    if (!takes(shape, rows.schema())) {
      return Optional.empty();
    }
    Column[] columns =
        shape.columns().stream()
            .map(column -> functions.col("`" + column.name() + "`"))
            .toArray(Column[]::new);
    SparkPlan plan =
        ((org.apache.spark.sql.classic.Dataset<Row>) rows.select(columns))
            .queryExecution()
            .executedPlan();
    return scan(plan).map(SparkPlan::executeColumnar);
  }

  /** What the rows are made of, if it is one reading of files and nothing else. */
  private static Optional<SparkPlan> scan(SparkPlan plan) {
    if (plan instanceof WholeStageCodegenExec stage) {
      return scan(stage.child());
    }
    if (plan instanceof InputAdapter input) {
      return scan(input.child());
    }
    if (plan instanceof ColumnarToRowExec rows) {
      return scan(rows.child());
    }
    return plan instanceof FileSourceScanExec && plan.supportsColumnar()
        ? Optional.of(plan)
        : Optional.empty();
  }

  /**
   * Puts rows of a batch.
   *
   * @param chosen which, by their number in it
   */
  void put(ColumnarBatch batch, IntPredicate chosen) throws SQLException {
    int some = 0;
    Arrays.fill(emptyBefore, 0);
    for (int i = 0; i < columns.length; i++) {
      if (columns[i].begin(batch.column(i), batch.numRows())) {
        filled[some++] = columns[i];
      } else {
        emptyBefore[some]++;
      }
    }
    for (int row = 0; row < batch.numRows(); row++) {
      if (chosen.test(row)) {
        put(row, some);
      }
    }
  }

  private void put(int row, int some) throws SQLException {
    out.beginRow();
    for (int i = 0; i < some; i++) {
      out.nulls(emptyBefore[i]);
      long before = out.nulReplaced();
      filled[i].put(row);
      if (out.nulReplaced() != before) {
        nulFound.accept(filled[i].column());
      }
    }
    out.nulls(emptyBefore[some]);
    out.endRow();
  }
}
