package io.epicfhir.transform;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * The newest version of each id, by a total order: any order and any batching of the same versions
 * ends in the same one.
 */
final class LatestVersions {
  private static final List<String> CARRIED =
      List.of("version_id", "last_updated", "export_id", "source_file", "source_line", "entry");

  private LatestVersions() {}

  /**
   * A whole resource or a deletion over a part of one, then when (the server's time, else the
   * export's), then the version's number, then the export, then deletion over resource, then the
   * content. Nulls come first.
   */
  static Column order() {
    return struct(
        not(col("subsetted")).as("whole"),
        coalesce(col("last_updated"), col("export_time")).as("time"),
        number(col("version_id")).as("number"),
        col("export_time"),
        col("deleted"),
        col("content_hash"));
  }

  /**
   * One row an id: its newest version without the text, and how many pending rows it had, and how
   * many of them were parts of a resource. The text stays out: it would be most of what is sorted
   * and sent.
   *
   * @return id, received, parts, and the columns of the newest candidate
   */
  static Dataset<Row> of(Dataset<Row> candidates) {
    List<Column> newest = new ArrayList<>();
    newest.add(order().as("rank"));
    CARRIED.forEach(name -> newest.add(col(name)));
    return candidates
        .groupBy("id")
        .agg(
            max(struct(newest.toArray(Column[]::new))).as("newest"),
            sum(col("pending").cast(DataTypes.LongType)).as("received"),
            count_if(col("pending").and(col("subsetted"))).as("parts"))
        .select(
            col("id"),
            col("received"),
            col("parts"),
            col("newest.rank"),
            col("newest.rank.deleted"),
            col("newest.rank.content_hash"),
            col("newest.export_id"),
            col("newest.source_file"),
            col("newest.source_line"),
            col("newest.entry"));
  }

  /** Numbers of any length compare by length, then by digits; null where it is no number. */
  private static Column number(Column version) {
    Column digits = regexp_extract(version, "^0*([0-9]+)$", 1);
    return when(length(digits).gt(0), struct(length(digits), digits));
  }
}
