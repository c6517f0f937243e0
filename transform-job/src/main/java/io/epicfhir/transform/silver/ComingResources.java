package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.max_by;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.struct;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/**
 * Whose a resource is once some landings are applied: of silver's rows and theirs the content that
 * counts most, in the order of {@link Rank}. What the landings delete is not looked at.
 */
public final class ComingResources {
  private static final String[] KEYS = {"resource_type", "id"};
  private static final String PLACE = "place";
  private static final String COMING = "coming";

  private ComingResources() {}

  /**
   * Resource type, id, text.
   *
   * @param landings that are to be applied
   * @param all that landed, for the types that are built anew
   * @param anew types of which bronze tells, and not silver
   */
  public static Dataset<Row> of(
      SparkSession spark, Lake lake, List<Landing> landings, List<Landing> all, Set<String> anew) {
    Column built = col(KEYS[0]).isin(anew.toArray());
    Dataset<Row> sightings = sightings(spark, lake, landings);
    Dataset<Row> coming =
        counting(
            anew.isEmpty()
                ? sightings
                : sightings.where(not(built)).union(sightings(spark, lake, all).where(built)));
    SilverTable table = new SilverTable(lake);
    if (table.log().version().isEmpty()) {
      return coming.drop(COMING);
    }
    Dataset<Row> silver =
        spark
            .read()
            .format("delta")
            .load(table.path().toString())
            .where(not(col("deleted")).and(not(built)))
            .select(col(KEYS[0]), col(KEYS[1]), col("resource"), place().as(PLACE));
    Dataset<Row> staying =
        silver
            .join(coming.drop("resource"), KEYS, "left")
            .where(col(COMING).isNull().or(col(PLACE).geq(col(COMING))));
    Dataset<Row> replacing =
        coming
            .join(silver.drop("resource"), KEYS, "left")
            .where(col(PLACE).isNull().or(col(PLACE).lt(col(COMING))));
    return text(staying).union(text(replacing));
  }

  private static Dataset<Row> text(Dataset<Row> rows) {
    return rows.select(KEYS[0], KEYS[1], "resource");
  }

  private static Dataset<Row> sightings(SparkSession spark, Lake lake, List<Landing> landings) {
    Backlog backlog = Backlog.of(landings, List.of(), Set.of(), false);
    Set<String> types = new TreeSet<>(backlog.pendingTypes());
    ExportFacts facts = new ExportFacts(backlog, types, HeldBack.NONE);
    return new BronzeRows(spark, lake.paths(), backlog, facts)
        .sightings()
        .select(col(KEYS[0]), col(KEYS[1]), col("resource"), place().as(PLACE));
  }

  private static Dataset<Row> counting(Dataset<Row> sightings) {
    return sightings
        .groupBy(col(KEYS[0]), col(KEYS[1]))
        .agg(max_by(col("resource"), col(PLACE)).as("resource"), max(PLACE).as(COMING));
  }

  /** See {@link Rank}; the digits of a version compare by length first. */
  private static Column place() {
    Column digits = regexp_extract(coalesce(col("version_id"), lit("")), "^0*([0-9]+)$", 1);
    return struct(
        not(coalesce(col("subsetted"), lit(false))).as("whole"),
        col("order_time"),
        length(digits).as("digits"),
        digits.as("number"),
        col("export_time"),
        col("commit_time"));
  }
}
