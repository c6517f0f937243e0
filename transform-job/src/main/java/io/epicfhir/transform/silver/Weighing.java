package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_except;
import static org.apache.spark.sql.functions.array_intersect;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.array_union;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;

import java.sql.Timestamp;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * Weighs the evidence of the exports that are read against what silver holds: which rows come,
 * change, go or stay. Neither side's text is read for it.
 */
final class Weighing {
  static final String VERDICT = "verdict";

  /** Silver does not have the resource; it is there. */
  static final String INSERT = "insert";

  /** Silver does not have the resource; it is gone. A tombstone says so. */
  static final String BURY = "bury";

  /** The resource's text is another one now, or the resource came back. */
  static final String UPDATE = "update";

  /** The server says that the resource is gone. */
  static final String DELETE = "delete";

  /** No source holds the resource any more: a conclusion, which is bounded. */
  static final String RELEASE = "release";

  /** The same text; other sources hold it. */
  static final String HOLD = "hold";

  static final String KEEP = "keep";

  /** What silver kept does not suffice to tell: all of bronze must be read for the resource. */
  static final String RECOMPUTE = "recompute";

  /** Verdicts by which a view's rows change. */
  static final Set<String> CONTENT = Set.of(INSERT, BURY, UPDATE, DELETE, RELEASE);

  private final Backlog backlog;
  private final ExportFacts facts;

  /**
   * @param facts of the exports that were read
   */
  Weighing(Backlog backlog, ExportFacts facts) {
    this.backlog = backlog;
    this.facts = facts;
  }

  /** The verdicts where silver has nothing yet, or nothing that counts. */
  Dataset<Row> first(Dataset<Row> evidence) {
    Column present = size(col("sources")).gt(0);
    return evidence
        .withColumn("held_by", array_sort(col("sources")))
        .withColumn("was_deleted", lit(null).cast(DataTypes.BooleanType))
        .withColumn("file_path", lit(null).cast(DataTypes.StringType))
        .withColumn("row_index", lit(null).cast(DataTypes.LongType))
        .withColumn("silver_version", lit(null).cast(DataTypes.LongType))
        .withColumn(VERDICT, when(present, INSERT).otherwise(BURY));
  }

  /**
   * The verdicts against silver.
   *
   * @param evidence see {@link Evidence}
   * @param silver see {@link SilverRows#keys}; of every type in {@link ExportFacts#swept}, and of
   *     all where an export was replaced, it holds all rows
   * @param everything whether the evidence is of all exports that ever landed: then what silver
   *     holds does not count
   */
  Dataset<Row> against(Dataset<Row> evidence, Dataset<Row> silver, boolean everything) {
    Set<String> swept = facts.swept();
    boolean wide = everything || !swept.isEmpty() || !backlog.replaced().isEmpty();
    Dataset<Row> joined =
        evidence.join(silver, new String[] {"resource_type", "id"}, wide ? "full_outer" : "left");
    if (wide && !everything && backlog.replaced().isEmpty()) {
      Column concerned = col("received").isNotNull().or(col("resource_type").isin(swept.toArray()));
      joined = joined.where(concerned);
    }
    Column sources = coalesce(col("sources"), Evidence.noTexts());
    Column leaving =
        array_union(
            facts.sweptSources(col("resource_type")),
            coalesce(col("gone_sources"), Evidence.noTexts()));
    Column survivors =
        everything
            ? Evidence.noTexts()
            : when(col("gone_at").isNull(), array_except(col("s_held_by"), leaving))
                .otherwise(Evidence.noTexts());
    return joined
        .withColumn("sources", sources)
        .withColumn("leaving", leaving)
        .withColumn("survivors", coalesce(survivors, Evidence.noTexts()))
        .withColumn("held_by", array_sort(array_union(col("survivors"), col("sources"))))
        .withColumn("content", content(everything))
        .withColumn(VERDICT, verdict(everything))
        .withColumnRenamed("s_deleted", "was_deleted")
        .withColumn("received", coalesce(col("received"), lit(0L)))
        .withColumn("received_deletions", coalesce(col("received_deletions"), lit(0L)))
        .withColumn("parts", coalesce(col("parts"), lit(0L)))
        .withColumn("capped", coalesce(col("capped"), lit(0L)));
  }

  private static final String NONE = "none";
  private static final String BATCH = "batch";
  private static final String SILVER = "silver";

  /** Which text counts: silver's, the batch's, none, or one that only bronze still has. */
  private Column content(boolean everything) {
    Column absent = size(col("held_by")).equalTo(0);
    Column nothingBefore = col("s_held_by").isNull().or(col("s_deleted"));
    Column rank = col("best.rank");
    Column hash = col("best.rank.content_hash");
    Column noBest = col("best").isNull();
    Column same = coalesce(hash.equalTo(col("s_content_hash")), lit(false));
    if (everything) {
      // The text can be the same, and no longer, or again, be one that its source holds.
      Column holder = Evidence.holder(rank.getField("class"), col("best.source"));
      Column sameHolds = holder.isNull().equalTo(col("s_source").isNull());
      return when(absent, NONE)
          .when(nothingBefore, BATCH)
          .when(same.and(sameHolds), SILVER)
          .otherwise(BATCH);
    }
    Column silverHolds =
        col("gone_at")
            .isNull()
            .and(array_contains(col("s_held_by"), col("s_source")))
            .and(not(array_contains(col("leaving"), col("s_source"))));
    // A whole version from before the disappearance counts more than a part.
    Column partOfOneThatWasGone = col("s_deleted").and(rank.getField("class").leq(Evidence.PART));
    // Silver does not keep that an export without last_updated repeated its text: the text may be
    // as new as the export before this batch.
    Column mayBeNewer =
        col("s_floating")
            .and(rank.getField("class").equalTo(col("s_rank.class")))
            .and(rank.getField("order_time").lt(lit(Timestamp.from(backlog.oldest()))))
            .and(rank.gt(col("s_rank")));
    Column noWholeHolds =
        rank.getField("class").lt(Evidence.WHOLE).and(col("s_rank.class").gt(Evidence.PART));
    Column othersMayBeNewer = size(col("survivors")).gt(0).and(rank.lt(col("s_rank")));
    return when(absent, NONE)
        .when(coalesce(partOfOneThatWasGone, lit(false)), RECOMPUTE)
        .when(nothingBefore, BATCH)
        .when(noBest, when(silverHolds, SILVER).otherwise(RECOMPUTE))
        .when(
            silverHolds,
            when(same, SILVER)
                .when(mayBeNewer, RECOMPUTE)
                .when(rank.gt(col("s_rank")), BATCH)
                .otherwise(SILVER))
        .when(size(col("sources")).equalTo(0), RECOMPUTE)
        .when(noWholeHolds.or(othersMayBeNewer), RECOMPUTE)
        .when(same, SILVER)
        .otherwise(BATCH);
  }

  private Column verdict(boolean everything) {
    Column content = col("content");
    Column isNew = col("s_held_by").isNull();
    Column live = not(col("s_deleted"));
    Column sameHolders = col("held_by").equalTo(col("s_held_by"));
    Column verdict =
        when(content.equalTo(RECOMPUTE), RECOMPUTE)
            .when(isNew, when(content.equalTo(BATCH), INSERT).otherwise(BURY))
            .when(content.equalTo(BATCH), UPDATE)
            .when(content.equalTo(SILVER), when(sameHolders, KEEP).otherwise(HOLD))
            .when(live, when(col("gone_at").isNotNull(), DELETE).otherwise(RELEASE))
            .otherwise(KEEP);
    if (everything || backlog.replaced().isEmpty()) {
      return verdict;
    }
    return when(not(isNew).and(not(confirmed())), RECOMPUTE).otherwise(verdict);
  }

  /** Whether what silver has of a resource does not hang on an export's earlier landing. */
  private Column confirmed() {
    if (backlog.removalReplaced()) {
      return lit(false);
    }
    Column replaced = col("s_export_id").isin(backlog.replaced().toArray());
    Column sources =
        array(backlog.replacedSources().stream().map(s -> lit(s)).toArray(Column[]::new));
    Column same = col("best.rank.content_hash").equalTo(col("s_content_hash"));
    Column held = array_except(array_intersect(col("s_held_by"), sources), col("sources"));
    return col("s_deleted")
        .or(coalesce(not(replaced).or(same), lit(false)).and(size(held).equalTo(0)));
  }

  /** What must be read anew from all of bronze. */
  static Dataset<Row> recompute(Dataset<Row> weighed) {
    return weighed.where(col(VERDICT).equalTo(RECOMPUTE)).select("resource_type", "id");
  }
}
