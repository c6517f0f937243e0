package io.epicfhir.transform.erase;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.transform.silver.LiveResources;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * A patient of the tables whom the hospital has merged with an erased one: an export keeps out the
 * record, and of the chart only what changed since the last export. This puts the rest of the chart
 * on the list of what the export kept out, by keyed hashes; silver then lets all of it go.
 */
public final class KeptOutCharts {
  private static final String PATIENT = "Patient";

  private final Lake lake;
  private final Landings landings;

  /** Of a lake. */
  public KeptOutCharts(Lake lake) {
    this.lake = lake;
    this.landings = new Landings(lake);
  }

  /**
   * Does it; the caller holds the lock of the tables. Doing it twice does no harm.
   *
   * @param spark asked only where the tables have such a patient
   * @param pending landings that are not in the tables yet
   * @return whether any landing is another one now
   */
  public boolean complete(Supplier<SparkSession> spark, Collection<Landing> pending) {
    boolean changed = false;
    for (Landing landing : pending) {
      Set<String> entries = KeptOut.find(lake, landing).orElse(Set.of());
      Set<String> patients =
          entries.stream()
              .filter(entry -> entry.startsWith(PATIENT + " "))
              .map(entry -> entry.substring(PATIENT.length() + 1))
              .collect(Collectors.toSet());
      Set<String> known = patients.isEmpty() ? Set.of() : known(patients, pending);
      changed |= !known.isEmpty() && complete(spark.get(), landing, entries, known);
    }
    return changed;
  }

  /** As {@code Patient/id}: those that silver has, or will have. */
  private Set<String> known(Set<String> hashes, Collection<Landing> pending) {
    Optional<KeyedHashes> hasher = new OptOutList(lake).hasher();
    if (hasher.isEmpty()) {
      return Set.of();
    }
    Predicate<String> wanted = id -> hashes.contains(hasher.get().of(PATIENT + "/" + id));
    Set<String> ids = new TreeSet<>(LiveResources.of(lake, PATIENT, wanted));
    pending.stream()
        .flatMap(landing -> landing.files().stream())
        .filter(file -> file.resourceType().equals(PATIENT))
        .filter(file -> lake.length(lake.paths().at(file.path())).isPresent())
        .forEach(file -> ids.addAll(ids(file, wanted)));
    return ids.stream().map(id -> PATIENT + "/" + id).collect(Collectors.toSet());
  }

  private Set<String> ids(Landing.File file, Predicate<String> wanted) {
    Set<String> ids = new TreeSet<>();
    ParquetRows.any(
        lake.hadoop(),
        lake.paths().at(file.path()),
        row -> {
          String id = new String(ParquetRows.bytes(row, "id"), StandardCharsets.UTF_8);
          if (wanted.test(id)) {
            ids.add(id);
          }
          return false;
        });
    return ids;
  }

  private boolean complete(
      SparkSession spark, Landing landing, Set<String> entries, Set<String> patients) {
    OptOutList list = new OptOutList(lake);
    RelatedResources related =
        new RelatedResources(new LakeRows(spark, lake), list.load(), patients, Set.of());
    Set<String> charts = new TreeSet<>(related.all());
    charts.addAll(related.shared());
    KeyedHashes hasher = list.hasher().orElseThrow();
    Set<String> all = new TreeSet<>(entries);
    charts.forEach(key -> all.add(KeptOut.entry(key, hasher)));
    if (all.equals(entries) || !landings.find(landing.exportId()).equals(Optional.of(landing))) {
      return false;
    }
    // A person who is on the list by now may be in landings that were looked at before.
    CleanLandings.forget(lake);
    Landing whole = landing.keepingOut(KeptOut.write(lake, landing.exportId(), all).orElseThrow());
    landings.publish(whole);
    KeptOut.removeUnnamed(lake, whole);
    return true;
  }
}
