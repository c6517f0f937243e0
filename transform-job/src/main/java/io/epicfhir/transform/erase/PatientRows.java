package io.epicfhir.transform.erase;

import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.LinkedRecords;
import io.epicfhir.common.optout.Mentions;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/** The patients' records that a lake has, in all their versions. */
final class PatientRows {
  private static final String PATIENT = "Patient";

  private final Dataset<Row> rows;

  /**
   * @param rows type, id, text
   */
  PatientRows(Dataset<Row> rows) {
    this.rows = rows;
  }

  /**
   * Patients with one of these hashes, or to whom one of the rows refers, as {@code Patient/id}.
   */
  static Set<String> namedIn(Dataset<Row> rows, Set<String> hashes, KeyedHashes hasher) {
    HashSet<String> wanted = new HashSet<>(hashes);
    FlatMapFunction<Row, String> named =
        row -> {
          Set<String> keys = new TreeSet<>(Mentions.keysIn(row.getString(2)));
          keys.add(row.getString(0) + "/" + row.getString(1));
          keys.removeIf(key -> !key.startsWith(PATIENT + "/") || !wanted.contains(hasher.of(key)));
          return keys.iterator();
        };
    return new TreeSet<>(rows.flatMap(named, Encoders.STRING()).distinct().collectAsList());
  }

  /** Patients that have one of these identifiers in any version. */
  Set<String> by(Set<String> identifiers) {
    FilterFunction<Row> has = row -> names(row, identifiers);
    return identifiers.isEmpty() ? Set.of() : LakeRows.keys(rows.filter(has));
  }

  private static boolean names(Row row, Set<String> identifiers) {
    return PatientText.identifiers(row.getString(2)).stream().anyMatch(identifiers::contains);
  }

  /** Identifiers of each of these patients. */
  Map<String, Set<String>> identifiersOf(Mentions patients) {
    FilterFunction<Row> one = row -> patients.has(PATIENT, row.getString(1));
    Map<String, Set<String>> all = new TreeMap<>();
    for (Row row : rows.filter(one).collectAsList()) {
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
    for (Row row : rows.filter(linked).collectAsList()) {
      all.computeIfAbsent(PATIENT + "/" + row.getString(1), p -> new TreeSet<>())
          .addAll(LinkedRecords.of(row.getString(2), PATIENT));
    }
    return all;
  }

  private static boolean links(Row row, Mentions patients) {
    return LinkedRecords.of(row.getString(2), PATIENT).stream()
        .anyMatch(key -> patients.keys().contains(key));
  }
}
