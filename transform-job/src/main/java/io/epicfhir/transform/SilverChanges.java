package io.epicfhir.transform;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/** Weighs the newest candidates against silver: what is new, what is changed, what stays. */
final class SilverChanges {
  private static final String VERDICT = "verdict";
  private static final String WAS_DELETED = "silver_deleted";
  private static final String INSERT = "insert";
  private static final String UPDATE = "update";
  private static final String KEEP = "keep";

  /**
   * What the candidates amount to.
   *
   * @param received pending rows that were read
   * @param ids distinct ids among all candidates
   * @param inserted ids that silver does not have
   * @param updated ids of which silver has an older version with other content
   * @param kept ids of which silver has this version, a newer one, or the same content
   * @param deleted those of the inserted and updated that are deletions
   * @param noId candidates that have no id
   * @param parts pending rows that are parts of a resource only (tag SUBSETTED)
   * @param live how many resources there are more than before, deletions not counted
   */
  record Counts(
      long received,
      long ids,
      long inserted,
      long updated,
      long kept,
      long deleted,
      long noId,
      long parts,
      long live) {
    long changed() {
      return inserted + updated;
    }

    /**
     * Whether every pending row changes silver, as on a first load and on most days: then nothing
     * need be joined to find out which do.
     */
    boolean allNew() {
      return changed() == received && changed() == ids;
    }

    /** Ids that have their place in silver. */
    long weighed() {
      return inserted + updated + kept;
    }

    /** Every row that was landed was read, and every id in it has its place in silver. */
    void check(String type, long landed) {
      if (noId > 0) {
        throw refuse(type, noId + " candidates have no id; run the extract task again");
      }
      if (received != landed) {
        throw refuse(
            type,
            "the landings tell of "
                + landed
                + " rows, and "
                + received
                + " were read; run the"
                + " extract task again");
      }
      if (weighed() != ids) {
        throw refuse(type, "of " + ids + " ids only " + weighed() + " were weighed");
      }
    }
  }

  private SilverChanges() {}

  /** The newest candidates with a verdict each. Neither side's text is read for it. */
  static Dataset<Row> weigh(Dataset<Row> newest, Optional<Dataset<Row>> silver) {
    if (silver.isEmpty()) {
      return newest
          .withColumn(VERDICT, lit(INSERT))
          .withColumn(WAS_DELETED, lit(null).cast(DataTypes.BooleanType))
          .drop("rank");
    }
    Dataset<Row> standing =
        silver
            .get()
            .select(
                col("id").as("silver_id"),
                LatestVersions.order().as("silver_rank"),
                col("deleted").as(WAS_DELETED),
                col("content_hash").as("silver_hash"));
    Column same =
        col("content_hash")
            .equalTo(col("silver_hash"))
            .and(col("deleted").equalTo(col(WAS_DELETED)));
    Column verdict =
        when(col("silver_id").isNull(), INSERT)
            .when(col("rank").gt(col("silver_rank")).and(not(same)), UPDATE)
            .otherwise(KEEP);
    return newest
        .join(standing, col("id").equalTo(col("silver_id")), "left")
        .withColumn(VERDICT, verdict)
        .drop("silver_id", "silver_rank", "silver_hash", "rank");
  }

  static Counts counts(Dataset<Row> weighed) {
    Column changed = col(VERDICT).notEqual(KEEP);
    Column updated = col(VERDICT).equalTo(UPDATE);
    Column here = not(col("deleted"));
    Column come = here.and(col(VERDICT).equalTo(INSERT).or(updated.and(col(WAS_DELETED))));
    Column gone = updated.and(col("deleted")).and(not(col(WAS_DELETED)));
    Row row =
        weighed
            .agg(
                coalesce(sum("received"), lit(0L)),
                count(lit(1)),
                count_if(col(VERDICT).equalTo(INSERT)),
                count_if(updated),
                count_if(col(VERDICT).equalTo(KEEP)),
                count_if(changed.and(col("deleted"))),
                count_if(col("id").isNull()),
                coalesce(sum("parts"), lit(0L)),
                count_if(come).minus(count_if(gone)))
            .head();
    return new Counts(
        row.getLong(0),
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8));
  }

  /** The candidates that change silver, with their text. */
  static Dataset<Row> changing(Dataset<Row> candidates, Dataset<Row> weighed) {
    Dataset<Row> places =
        weighed
            .where(col(VERDICT).notEqual(KEEP))
            .select(BronzeReader.PLACE.stream().map(n -> col(n)).toArray(Column[]::new));
    return candidates.join(places, BronzeReader.PLACE.toArray(String[]::new), "left_semi");
  }

  private static JobException refuse(String type, String why) {
    return new JobException(
        ExitCode.DATA_REFUSED, "Cannot bring silver " + type + " up to date: " + why);
  }
}
