package io.epicfhir.transform.silver;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What the exports that are read kept out, because it is of patients whose records stay out. The
 * exports name it by keyed hashes; here they are compared with the ids of silver and bronze. A
 * resource that silver has as another patient's is gone from there with the export: the hospital
 * has found that it is not that patient's, or that both are one.
 */
final class KeptOutResources implements Serializable {
  private static final long serialVersionUID = 1L;

  /** By type and hash. */
  private final HashMap<String, HashMap<String, List<ExportFact>>> exports = new HashMap<>();

  /** Null where there is no key; then there is no entry. */
  private final KeyedHashes hasher;

  private KeptOutResources(KeyedHashes hasher) {
    this.hasher = hasher;
  }

  /** Of a backlog. */
  static KeptOutResources of(Lake lake, Backlog backlog, ExportFacts facts) {
    Optional<KeyedHashes> hasher = new OptOutList(lake).hasher();
    KeptOutResources all = new KeptOutResources(hasher.orElse(null));
    // Without the key nobody is on the list any more: the next exports bring back what they had.
    for (Landing landing : hasher.isPresent() ? backlog.all() : List.<Landing>of()) {
      ExportFact fact = facts.of(landing).keepingOut();
      KeptOut.read(lake, landing).forEach(entry -> all.add(entry, fact));
    }
    return all;
  }

  private void add(String entry, ExportFact fact) {
    exports
        .computeIfAbsent(KeptOut.typeOf(entry), type -> new HashMap<>())
        .merge(
            KeptOut.hashOf(entry),
            List.of(fact),
            (a, b) -> Stream.concat(a.stream(), b.stream()).toList());
  }

  /** The types of the resources. */
  Set<String> types() {
    return new TreeSet<>(exports.keySet());
  }

  /** The exports that kept a resource out. */
  List<ExportFact> of(String type, UTF8String id) {
    Map<String, List<ExportFact>> ofType = exports.get(type);
    return ofType == null ? List.of() : ofType.getOrDefault(hasher.of(type + "/" + id), List.of());
  }
}
