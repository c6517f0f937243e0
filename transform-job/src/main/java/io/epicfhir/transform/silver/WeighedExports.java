package io.epicfhir.transform.silver;

import io.epicfhir.common.Json;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.hadoop.fs.Path;

/**
 * The exports of which bronze lost what they made obsolete, or what made them obsolete: {@code
 * state/bronze-retention.json}. None of them can be landed anew, or be withdrawn, as if nothing had
 * happened: what its earlier landing replaced is no longer there.
 */
record WeighedExports(Map<String, Weighed> landings) implements StateFile {
  private static final WeighedExports NONE = new WeighedExports(Map.of());

  WeighedExports {
    landings = landings == null ? Map.of() : Map.copyOf(landings);
  }

  /**
   * The landing that was weighed.
   *
   * @param landedAt which of the export's
   * @param types that it had resources of, or an earlier one
   * @param complete types of which it said what exists, or an earlier one
   * @param deletes whether it, or an earlier one, said that resources are gone, no matter who held
   *     them
   */
  record Weighed(
      Instant landedAt,
      String group,
      Instant transactionTime,
      Set<String> types,
      Set<String> complete,
      boolean deletes) {
    Weighed {
      types = types == null ? Set.of() : Set.copyOf(types);
      complete = complete == null ? Set.of() : Set.copyOf(complete);
    }

    boolean isCompleteFor(String type) {
      return complete.contains(Landing.ALL_TYPES) || complete.contains(type);
    }

    private static Weighed of(Landing landing, Optional<Weighed> before) {
      Set<String> types = new TreeSet<>(before.map(Weighed::types).orElse(Set.of()));
      boolean deletes = before.filter(Weighed::deletes).isPresent();
      for (Landing.File file : landing.files()) {
        if (file.kind() == Landing.Kind.DELETIONS) {
          deletes = true;
        } else {
          types.add(file.resourceType());
        }
      }
      Set<String> complete = new TreeSet<>(before.map(Weighed::complete).orElse(Set.of()));
      complete.addAll(landing.completeTypes());
      return new Weighed(
          WeighedExports.landedAt(landing),
          landing.group(),
          landing.transactionTime(),
          types,
          complete,
          deletes);
    }

    private boolean isOf(Landing landing) {
      return landedAt.equals(WeighedExports.landedAt(landing));
    }
  }

  static WeighedExports read(Lake lake) {
    Path file = file(lake);
    return lake.read(file)
        .map(text -> Json.read(text, WeighedExports.class, file.toString()))
        .orElse(NONE);
  }

  /**
   * Notes that they are weighed now. One that landed anew, or is withdrawn, stays noted as it was
   * until full exports have made up for it.
   */
  void add(Lake lake, List<Landing> weighed, ExportChain chain) {
    Map<String, Weighed> all = new TreeMap<>(landings);
    Map<String, Weighed> open = lost(chain.landings());
    all.entrySet()
        .removeIf(
            one -> open.containsKey(one.getKey()) && chain.madeUp(one.getKey(), one.getValue()));
    for (Landing landing : weighed) {
      Optional<Weighed> before = Optional.ofNullable(all.get(landing.exportId()));
      if (before.isEmpty() || before.get().isOf(landing)) {
        all.put(landing.exportId(), Weighed.of(landing, before));
      }
    }
    lake.write(file(lake), Json.write(new WeighedExports(all)));
  }

  /** Those that are not as they were weighed: they landed anew, or are not there. */
  Map<String, Weighed> lost(List<Landing> now) {
    Map<String, Weighed> lost = new TreeMap<>(landings);
    for (Landing landing : now) {
      Weighed then = landings.get(landing.exportId());
      if (then != null && then.isOf(landing)) {
        lost.remove(landing.exportId());
      }
    }
    return lost;
  }

  private static Instant landedAt(Landing landing) {
    return Optional.ofNullable(landing.landedAt()).orElse(Instant.EPOCH);
  }

  private static Path file(Lake lake) {
    return lake.paths().state("bronze-retention.json");
  }
}
