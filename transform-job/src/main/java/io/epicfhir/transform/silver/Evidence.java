package io.epicfhir.transform.silver;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.bit_or;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.first;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;

/**
 * What the exports that are read say of each resource, in one row: which sources hold it, which
 * content counts, and whether it is gone. A pure function of the set of exports; in which order
 * they arrived does not matter.
 *
 * <p>A sighting holds unless its source made a full export later, or the resource was deleted
 * later. The content is the newest one among the sightings that hold: by last_updated (never later
 * than the export that told it), version, time of the export, time of the commit. A part of a
 * resource (tag SUBSETTED) gives way to any whole version since the last deletion.
 */
final class Evidence {
  /** Bits of a long that are used for sources. */
  private static final int BITS = 62;

  /** Classes of content: any of a higher one is preferred. */
  static final int WHOLE = 3;

  private static final int OBSOLETE_WHOLE = 2;
  static final int PART = 1;

  private Evidence() {}

  /**
   * One row per resource. Columns: resource_type, id, received (pending sightings), parts, capped,
   * received_deletions, sources (that hold it), best (rank and place of the content that counts;
   * null where it was not sighted), gone_at, gone_by, gone_sources (that no longer find it), newest
   * (the export that speaks last of a disappearance).
   */
  static Dataset<Row> of(
      Dataset<Row> sightings, Optional<Dataset<Row>> goneResources, List<String> sources) {
    if (goneResources.isEmpty()) {
      return aggregated(
          sightings
              .withColumn("gone_at", lit(null).cast(DataTypes.TimestampType))
              .withColumn("gone_by", lit(null).cast(DataTypes.StringType))
              .withColumn("gone_sources", noTexts())
              .withColumn("received_deletions", lit(0L))
              .withColumn("holds", not(col("obsolete"))),
          sources);
    }
    Dataset<Row> gone = goneResources.get();
    String[] key = {"resource_type", "id"};
    Column afterDeletion = col("gone_at").isNull().or(col("export_time").geq(col("gone_at")));
    Column afterConclusion =
        not(
            coalesce(
                exists(
                    col("gone_from"),
                    g ->
                        g.getField("source_number")
                            .equalTo(col("source_number"))
                            .and(g.getField("export_time").gt(col("export_time")))),
                lit(false)));
    Dataset<Row> sighted =
        sightings
            .join(gone, key, "left")
            .withColumn("holds", not(col("obsolete")).and(afterDeletion).and(afterConclusion))
            .withColumn("gone_sources", sourcesOf(col("gone_from")))
            .withColumn("received_deletions", coalesce(col("received_deletions"), lit(0L)))
            .drop("gone_from");
    Dataset<Row> known = aggregated(sighted, sources);
    Dataset<Row> unknown =
        gone.join(known.select("resource_type", "id"), key, "left_anti")
            .withColumn("gone_sources", sourcesOf(col("gone_from")))
            .drop("gone_from")
            .withColumn("received", lit(0L))
            .withColumn("parts", lit(0L))
            .withColumn("capped", lit(0L))
            .withColumn("sources", noTexts());
    return known.unionByName(unknown, true);
  }

  private static Dataset<Row> aggregated(Dataset<Row> sightings, List<String> sources) {
    Column pending = col("pending");
    List<Column> sums = new ArrayList<>();
    sums.add(sum(when(pending, 1L).otherwise(0L)).as("received"));
    sums.add(count_if(pending.and(col("subsetted"))).as("parts"));
    sums.add(count_if(pending.and(col("capped"))).as("capped"));
    sums.add(max(best()).as("best"));
    for (String name : List.of("gone_at", "gone_by", "gone_sources", "received_deletions")) {
      sums.add(first(col(name)).as(name));
    }
    int words = sources.size() / BITS + 1;
    for (int word = 0; word < words; word++) {
      sums.add(bit_or(bit(word)).as("held" + word));
    }
    Dataset<Row> grouped =
        sightings
            .groupBy("resource_type", "id")
            .agg(sums.get(0), sums.subList(1, sums.size()).toArray(Column[]::new));
    Column held = noTexts();
    for (int number = 0; number < sources.size(); number++) {
      Column has =
          col("held" + number / BITS).bitwiseAND(lit(1L << (number % BITS))).notEqual(lit(0L));
      held = concat(held, when(has, array(lit(sources.get(number)))).otherwise(noTexts()));
    }
    Dataset<Row> named = grouped.withColumn("sources", held);
    for (int word = 0; word < words; word++) {
      named = named.drop("held" + word);
    }
    return named;
  }

  private static Column bit(int word) {
    Column number = col("source_number");
    Column here = col("holds").and(number.geq(word * BITS)).and(number.lt((word + 1) * BITS));
    Column places = number.minus(word * BITS);
    return when(here, call("shiftleft", lit(1L), places)).otherwise(lit(0L));
  }

  private static Column call(String function, Column... arguments) {
    return org.apache.spark.sql.functions.call_function(function, arguments);
  }

  private static Column best() {
    Column sinceDeletion = col("gone_at").isNull().or(col("export_time").geq(col("gone_at")));
    Column order =
        when(col("holds").and(not(col("subsetted"))), WHOLE)
            .when(not(col("subsetted")).and(sinceDeletion), OBSOLETE_WHOLE)
            .when(col("holds"), PART)
            .otherwise(0);
    return struct(
        rank(order).as("rank"),
        col("source"),
        col("incremental"),
        col("version_id"),
        col("last_updated"),
        col("subsetted"),
        col("export_id"),
        col("source_file"),
        col("source_line"));
  }

  /** The order of contents; nulls come first. */
  static Column rank(Column contentClass) {
    return struct(
        contentClass.as("class"),
        col("order_time"),
        number(col("version_id")).as("number"),
        col("export_time"),
        col("commit_time"),
        col("content_hash"));
  }

  /**
   * The source that holds a content; null for a whole version that its source no longer holds, kept
   * because only parts are held. Any whole version that comes counts more.
   */
  static Column holder(Column contentClass, Column source) {
    return when(contentClass.notEqual(OBSOLETE_WHOLE), source);
  }

  /** Numbers of any length compare by length, then by digits; null where it is no number. */
  private static Column number(Column version) {
    Column digits = regexp_extract(version, "^0*([0-9]+)$", 1);
    return when(length(digits).gt(0), struct(length(digits), digits));
  }

  private static Column sourcesOf(Column goneFrom) {
    return coalesce(
        transform(filter(goneFrom, Column::isNotNull), g -> g.getField("source")), noTexts());
  }

  static Column noTexts() {
    return array().cast(DataTypes.createArrayType(DataTypes.StringType));
  }
}
