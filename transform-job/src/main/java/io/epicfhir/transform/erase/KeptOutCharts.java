package io.epicfhir.transform.erase;

import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LandedFile;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.transform.Failures;
import io.epicfhir.transform.UnreadFile;
import io.epicfhir.transform.silver.LiveResources;
import io.epicfhir.transform.silver.WaitingExports;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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
   * What was done.
   *
   * @param changed whether any landing is another one now
   * @param waiting exports whose lists could not be completed: applied now, nobody would look at
   *     the rest of the charts again
   */
  public record Result(boolean changed, WaitingExports waiting) {}

  /**
   * Does it; the caller holds the lock of the tables. Doing it twice does no harm.
   *
   * @param spark asked only where the tables have such a patient
   * @param pending landings that are not in the tables yet
   * @param rebuilt types that are rebuilt from bronze
   */
  public Result complete(
      Supplier<SparkSession> spark, Collection<Landing> pending, Set<String> rebuilt) {
    Map<Landing, Set<String>> lists = lists(pending);
    Optional<KeyedHashes> hasher =
        lists.isEmpty() ? Optional.empty() : new OptOutList(lake).hasher();
    if (hasher.isEmpty()) {
      return new Result(false, WaitingExports.NONE);
    }
    Set<String> all = new TreeSet<>();
    lists.values().forEach(all::addAll);
    KeyedHashes hashes = hasher.get();
    Supplier<ChartSearch> search =
        () -> new ChartSearch(spark.get(), lake, new OptOutList(lake).settled(), pending, rebuilt);
    Set<String> known;
    try {
      known = known(key -> all.contains(KeptOut.entry(key, hashes)), pending);
    } catch (RuntimeException e) {
      UnreadFile file =
          UnreadFile.in(e)
              .filter(one -> one.isIn(lake.paths().silver()))
              .orElseThrow(() -> Failures.of("silver", e));
      if (!rebuilt.contains(PATIENT)) {
        return new Result(false, waiting(lists.keySet(), Optional.of(file), Map.of()));
      }
      // Bronze may have lost their records since: each one that is named counts.
      ChartSearch named = search.get();
      Optional<Set<String>> found = named.patients(patientHashes(all), hashes);
      if (found.isEmpty()) {
        return new Result(false, waiting(lists.keySet(), named.unread(), named.damaged()));
      }
      known = found.get();
    }
    Map<Landing, Set<String>> patients = new LinkedHashMap<>();
    for (Map.Entry<Landing, Set<String>> list : lists.entrySet()) {
      Set<String> its = new TreeSet<>(known);
      its.removeIf(key -> !list.getValue().contains(KeptOut.entry(key, hashes)));
      if (!its.isEmpty()) {
        patients.put(list.getKey(), its);
      }
    }
    return patients.isEmpty()
        ? new Result(false, WaitingExports.NONE)
        : complete(search.get(), lists, patients, hashes);
  }

  private static Set<String> patientHashes(Set<String> entries) {
    return entries.stream()
        .filter(entry -> KeptOut.typeOf(entry).equals(PATIENT))
        .map(KeptOut::hashOf)
        .collect(Collectors.toSet());
  }

  /** Of each landing with a patient on its list all entries; silver leaves out one without. */
  private Map<Landing, Set<String>> lists(Collection<Landing> pending) {
    Map<Landing, Set<String>> lists = new LinkedHashMap<>();
    for (Landing landing : pending) {
      KeptOut.find(lake, landing)
          .filter(entries -> entries.stream().map(KeptOut::typeOf).anyMatch(PATIENT::equals))
          .ifPresent(entries -> lists.put(landing, entries));
    }
    return lists;
  }

  /** As {@code Patient/id}: those that silver has, or will have. */
  private Set<String> known(Predicate<String> keys, Collection<Landing> pending) {
    Predicate<String> wanted = id -> keys.test(PATIENT + "/" + id);
    Set<String> ids = new TreeSet<>(LiveResources.of(lake, PATIENT, wanted));
    pending.stream()
        .flatMap(landing -> landing.files().stream())
        .filter(file -> file.kind() == Landing.Kind.RESOURCES)
        .filter(file -> file.resourceType().equals(PATIENT))
        .forEach(file -> ids.addAll(ids(file, wanted)));
    return ids.stream().map(id -> PATIENT + "/" + id).collect(Collectors.toSet());
  }

  private Set<String> ids(Landing.File file, Predicate<String> wanted) {
    Set<String> ids = new TreeSet<>();
    try {
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
    } catch (JobException e) {
      if (LandedFile.anyProblem(lake, file).isEmpty()) {
        throw e;
      } // else silver leaves its export out
    }
    return ids;
  }

  private Result complete(
      ChartSearch search,
      Map<Landing, Set<String>> lists,
      Map<Landing, Set<String>> patients,
      KeyedHashes hasher) {
    boolean changed = false;
    Set<Landing> waiting = new LinkedHashSet<>();
    for (Map.Entry<Landing, Set<String>> one : patients.entrySet()) {
      Landing landing = one.getKey();
      Optional<Set<String>> charts = search.of(landing, one.getValue());
      if (charts.isEmpty()) {
        waiting.add(landing);
        continue;
      }
      Set<String> all = new TreeSet<>(lists.get(landing));
      charts.get().forEach(key -> all.add(KeptOut.entry(key, hasher)));
      changed |= !all.equals(lists.get(landing)) && publish(landing, all);
    }
    return new Result(changed, waiting(waiting, search.unread(), search.damaged()));
  }

  private boolean publish(Landing landing, Set<String> entries) {
    if (!landings.find(landing.exportId()).equals(Optional.of(landing))) {
      return false;
    }
    // A person who is on the list by now may be in landings that were looked at before.
    CleanLandings.forget(lake);
    Landing whole =
        landing.keepingOut(KeptOut.write(lake, landing.exportId(), entries).orElseThrow());
    landings.publish(whole);
    KeptOut.removeUnnamed(lake, whole);
    return true;
  }

  private static WaitingExports waiting(
      Set<Landing> exports, Optional<UnreadFile> silver, Map<String, String> damaged) {
    String because =
        silver
            .map(file -> file.sentence() + "; " + file.remedy())
            .orElse(
                "bronze files of exports "
                    + String.join(", ", damaged.keySet())
                    + " are damaged; land these exports again (the messages about the files say how)");
    Map<String, String> why = new TreeMap<>();
    exports.forEach(
        landing ->
            why.put(
                landing.exportId(),
                "Export "
                    + landing.exportId()
                    + " is not applied yet: it keeps out records of patients, and what else the"
                    + " tables have of these patients cannot be determined because "
                    + because
                    + ". The next run then applies the export"));
    return new WaitingExports(why, exports.isEmpty() ? Map.of() : damaged);
  }
}
