package io.epicfhir.transform.erase;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.transform.silver.ComingResources;
import io.epicfhir.transform.silver.Silver;
import io.epicfhir.transform.silver.SilverSession;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** The resources of bronze, in all their versions, and those that silver has now. */
final class LakeRows {
  private static final StructType BRONZE =
      new StructType()
          .add("id", DataTypes.StringType)
          .add("resource", DataTypes.StringType)
          .add("export_id", DataTypes.StringType)
          .add("resource_type", DataTypes.StringType);
  private static final String PATIENT = "Patient";

  private final SparkSession spark;
  private final Lake lake;
  private final List<Landing> landings;

  LakeRows(SparkSession base, Lake lake) {
    this(base, lake, new Landings(lake).all());
  }

  /**
   * @param landings those of which the rows of bronze are looked at
   */
  LakeRows(SparkSession base, Lake lake, List<Landing> landings) {
    this.lake = lake;
    this.landings = List.copyOf(landings);
    long bytes =
        landings.stream()
            .flatMap(landing -> landing.files().stream())
            .mapToLong(Landing.File::bytes)
            .sum();
    this.spark = SilverSession.of(base, bytes, 0);
  }

  /** What silver has now: type, id, text. */
  Dataset<Row> current() {
    if (TableLog.of(lake, lake.paths().silver()).version().isEmpty()) {
      return columns(spark.createDataFrame(List.of(), BRONZE));
    }
    return columns(
        spark
            .read()
            .format("delta")
            .load(lake.paths().silver().toString())
            .where(not(col("deleted"))));
  }

  /**
   * What silver will have with some landings, and not what they delete: type, id, text.
   *
   * @param anew types that are built anew from bronze
   */
  Dataset<Row> current(List<Landing> coming, Set<String> anew) {
    return coming.isEmpty() && anew.isEmpty()
        ? current()
        : columns(ComingResources.of(spark, lake, coming, landings, anew));
  }

  /**
   * What silver no longer has because it belongs to a patient whose records stay out, and since
   * when, as {@code Type/id}. Bronze may still have it as another patient's.
   */
  Map<String, Instant> keptOut() {
    Map<String, Instant> all = new TreeMap<>();
    if (TableLog.of(lake, lake.paths().silver()).version().isPresent()) {
      spark
          .read()
          .format("delta")
          .load(lake.paths().silver().toString())
          .where(col("deleted").and(col("gone_reason").equalTo(Silver.KEPT_OUT)))
          .select("resource_type", "id", "gone_at")
          .toLocalIterator()
          .forEachRemaining(
              row ->
                  all.put(
                      row.getString(0) + "/" + row.getString(1), row.getTimestamp(2).toInstant()));
    }
    return all;
  }

  /** Every row that landed: type, id, text. */
  Dataset<Row> landed() {
    return landedWithExports().drop("export_id");
  }

  private Dataset<Row> landedWithExports() {
    String[] files =
        landings.stream()
            .flatMap(landing -> landing.files().stream())
            .filter(file -> file.kind() == Landing.Kind.RESOURCES)
            .map(file -> lake.paths().at(file.path()).toString())
            .toArray(String[]::new);
    if (files.length == 0) {
      return withExports(spark.createDataFrame(List.of(), BRONZE));
    }
    String base = lake.paths().at("bronze").toString();
    return withExports(spark.read().schema(BRONZE).option("basePath", base).parquet(files));
  }

  /** What silver has of some resources. */
  Set<String> live(MovedResources moved) {
    FilterFunction<Row> one = row -> moved.has(row.getString(0), row.getString(1));
    return keys(current().filter(one));
  }

  /** What bronze has of some resources from before they moved, and silver as deleted. */
  Set<String> found(MovedResources moved) {
    Map<String, Instant> times = times();
    FilterFunction<Row> before = row -> isMoved(row, moved, times);
    Set<String> found = keys(landedWithExports().filter(before));
    if (TableLog.of(lake, lake.paths().silver()).version().isPresent()) {
      FilterFunction<Row> one = row -> moved.has(row.getString(0), row.getString(1));
      Dataset<Row> silver = spark.read().format("delta").load(lake.paths().silver().toString());
      found.addAll(keys(silver.where(col("deleted")).select("resource_type", "id").filter(one)));
    }
    return found;
  }

  /** How many rows of bronze would go. */
  long landedRows(Mentions erased, MovedResources moved) {
    Map<String, Instant> times = times();
    FilterFunction<Row> goes =
        row ->
            isMoved(row, moved, times)
                || RowRule.goes(
                    erased,
                    row.getString(0),
                    row.getString(1),
                    row.getString(2).getBytes(StandardCharsets.UTF_8));
    return landedWithExports().filter(goes).count();
  }

  private static boolean isMoved(Row row, MovedResources moved, Map<String, Instant> times) {
    Instant time = times.getOrDefault(row.getString(3), Instant.EPOCH);
    return moved.has(row.getString(0), row.getString(1), time);
  }

  /** When the exports' sources were observed. */
  private Map<String, Instant> times() {
    Map<String, Instant> times = new HashMap<>();
    landings.forEach(landing -> times.put(landing.exportId(), landing.transactionTime()));
    return times;
  }

  private static Dataset<Row> columns(Dataset<Row> rows) {
    return rows.select(
        col("resource_type"),
        coalesce(col("id"), lit("")).as("id"),
        coalesce(col("resource"), lit("")).as("resource"));
  }

  private static Dataset<Row> withExports(Dataset<Row> rows) {
    return rows.select(
        col("resource_type"),
        coalesce(col("id"), lit("")).as("id"),
        coalesce(col("resource"), lit("")).as("resource"),
        coalesce(col("export_id"), lit("")).as("export_id"));
  }

  /** What names one of the resources, or is one; no Patient: only a link makes that the same. */
  static Set<String> naming(Dataset<Row> rows, Mentions mentions) {
    FilterFunction<Row> named =
        row ->
            !row.getString(0).equals(PATIENT)
                && mentions.inResource(
                    row.getString(1), row.getString(2).getBytes(StandardCharsets.UTF_8));
    return keys(rows.filter(named));
  }

  /** What names a patient who is none of these. */
  static Set<String> namingOthers(Dataset<Row> rows, Mentions patients) {
    FilterFunction<Row> others =
        row -> patients.another(row.getString(2).getBytes(StandardCharsets.UTF_8));
    return keys(rows.filter(others));
  }

  /** What is on the list, or names what is. */
  static Set<String> listed(Dataset<Row> rows, OptOuts optOuts) {
    FilterFunction<Row> listed =
        row -> {
          byte[] text = row.getString(2).getBytes(StandardCharsets.UTF_8);
          return optOuts.keepsOut(row.getString(0), row.getString(1), text, 0, text.length);
        };
    return keys(rows.filter(listed));
  }

  /** The rows of these resources. */
  static Dataset<Row> of(Dataset<Row> rows, Mentions resources) {
    FilterFunction<Row> one = row -> resources.has(row.getString(0), row.getString(1));
    return rows.filter(one);
  }

  static Set<String> keys(Dataset<Row> rows) {
    Set<String> keys = new TreeSet<>();
    rows.select("resource_type", "id")
        .distinct()
        .collectAsList()
        .forEach(row -> keys.add(row.getString(0) + "/" + row.getString(1)));
    return keys;
  }

  /** The patients' records, in all versions. */
  PatientRows patients() {
    return new PatientRows(current().union(landed()).where(col("resource_type").equalTo(PATIENT)));
  }
}
