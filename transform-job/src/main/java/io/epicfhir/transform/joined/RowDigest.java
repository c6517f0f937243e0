package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Compares sets of rows by sums of two hashes of each row, in any order and without sending rows.
 */
final class RowDigest {
  private static final String SUM = "decimal(38,0)";

  private final Column first;
  private final Column second;

  RowDigest(StructType columns) {
    List<Column> parts = new ArrayList<>();
    for (StructField field : columns.fields()) {
      Column value = col("`" + field.name() + "`");
      parts.add(value);
      // A hash passes over nulls, also over those in lists.
      parts.add(value.isNull());
      if (field.dataType() instanceof ArrayType) {
        parts.add(transform(value, Column::isNull));
      }
    }
    this.first = xxhash64(parts.toArray(Column[]::new));
    parts.add(0, lit("another seed"));
    this.second = xxhash64(parts.toArray(Column[]::new));
  }

  /** A row's part in the sums. */
  Column[] of(int sign) {
    return new Column[] {
      first.cast(SUM).multiply(lit(sign)).cast(SUM).as("_first"),
      second.cast(SUM).multiply(lit(sign)).cast(SUM).as("_second"),
      lit(sign).as("_sign")
    };
  }

  /** Whether the sums of rows of both signs are those of equal sets. */
  static Column differs() {
    return sum("_first").notEqual(0).or(sum("_second").notEqual(0)).or(sum("_sign").notEqual(0));
  }

  /** Whether two tables have the same rows; one Spark job. */
  boolean same(Dataset<Row> one, Dataset<Row> other) {
    return !one.select(of(1))
        .unionAll(other.select(of(-1)))
        .agg(coalesce(differs(), lit(false)).as("differs"), count(lit(1)).as("rows"))
        .head()
        .getBoolean(0);
  }
}
