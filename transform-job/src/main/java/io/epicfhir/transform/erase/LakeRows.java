package io.epicfhir.transform.erase;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.LinkedRecords;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.transform.silver.Silver;
import io.epicfhir.transform.silver.SilverSession;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashSet;
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
          .add("resource_type", DataTypes.StringType);
  private static final String PATIENT = "Patient";

  private final SparkSession spark;
  private final Lake lake;

  LakeRows(SparkSession base, Lake lake) {
    this.lake = lake;
    long bytes =
        new Landings(lake)
            .all().stream()
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
    String[] files =
        new Landings(lake)
            .all().stream()
                .flatMap(landing -> landing.files().stream())
                .filter(file -> file.kind() == Landing.Kind.RESOURCES)
                .map(file -> lake.paths().at(file.path()).toString())
                .toArray(String[]::new);
    if (files.length == 0) {
      return columns(spark.createDataFrame(List.of(), BRONZE));
    }
    String base = lake.paths().at("bronze").toString();
    return columns(spark.read().schema(BRONZE).option("basePath", base).parquet(files));
  }

  /** How many rows of bronze would go. */
  long landedRows(Mentions erased, Map<String, Instant> moved) {
    Set<String> keys = new HashSet<>(moved.keySet());
    FilterFunction<Row> goes =
        row ->
            keys.contains(row.getString(0) + "/" + row.getString(1))
                || RowRule.goes(
                    erased,
                    row.getString(0),
                    row.getString(1),
                    row.getString(2).getBytes(StandardCharsets.UTF_8));
    return landed().filter(goes).count();
  }

  private static Dataset<Row> columns(Dataset<Row> rows) {
    return rows.select(
        col("resource_type"),
        coalesce(col("id"), lit("")).as("id"),
        coalesce(col("resource"), lit("")).as("resource"));
  }

  /** Patients that have one of these identifiers in any version. */
  Set<String> patientsBy(Set<String> identifiers) {
    FilterFunction<Row> has = row -> names(row, identifiers);
    return identifiers.isEmpty() ? Set.of() : keys(patients(everything()).filter(has));
  }

  private static boolean names(Row row, Set<String> identifiers) {
    return PatientText.identifiers(row.getString(2)).stream().anyMatch(identifiers::contains);
  }

  /** Identifiers of each of these patients. */
  Map<String, Set<String>> identifiersOf(Mentions patients) {
    FilterFunction<Row> one = row -> patients.has(PATIENT, row.getString(1));
    Map<String, Set<String>> all = new TreeMap<>();
    for (Row row : patients(everything()).filter(one).collectAsList()) {
      all.computeIfAbsent(PATIENT + "/" + row.getString(1), p -> new TreeSet<>())
          .addAll(PatientText.identifiers(row.getString(2)));
    }
    return all;
  }

  /** What these records link to, and which records link to them. */
  Map<String, Set<String>> links(Mentions patients) {
    FilterFunction<Row> linked =
        row -> patients.has(PATIENT, row.getString(1)) || links(row, patients);
    Map<String, Set<String>> all = new TreeMap<>();
    for (Row row : patients(everything()).filter(linked).collectAsList()) {
      all.computeIfAbsent(PATIENT + "/" + row.getString(1), p -> new TreeSet<>())
          .addAll(LinkedRecords.of(row.getString(2), PATIENT));
    }
    return all;
  }

  private static boolean links(Row row, Mentions patients) {
    return LinkedRecords.of(row.getString(2), PATIENT).stream()
        .anyMatch(key -> patients.keys().contains(key));
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

  private Dataset<Row> everything() {
    return current().union(landed());
  }

  private static Dataset<Row> patients(Dataset<Row> rows) {
    return rows.where(col("resource_type").equalTo(PATIENT));
  }
}
