package io.epicfhir.transform.erase;

import io.epicfhir.common.Json;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.StateFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.lake.Landings;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/**
 * The landings that have nothing of those on the list of opt-outs, although they are older than the
 * list: {@code state/opt-outs/clean-landings.json}.
 *
 * @param landings by export: a hash of its files' paths. A landing of a backup has other files than
 *     the one that was looked at
 */
record CleanLandings(Map<String, String> landings) implements StateFile {
  CleanLandings {
    landings = landings == null ? Map.of() : Map.copyOf(landings);
  }

  static CleanLandings read(Lake lake) {
    Path file = file(lake);
    return lake.read(file)
        .map(text -> Json.read(text, CleanLandings.class, file.toString()))
        .orElse(new CleanLandings(Map.of()));
  }

  /** None is known any more: somebody new is on the list. */
  static void forget(Lake lake) {
    lake.delete(file(lake));
  }

  /** All of bronze was looked at. */
  static void all(Lake lake) {
    List<Landing> landings = new Landings(lake).all();
    Set<String> exports = landings.stream().map(Landing::exportId).collect(Collectors.toSet());
    new CleanLandings(Map.of()).with(landings, exports).write(lake);
  }

  void write(Lake lake) {
    lake.write(file(lake), Json.write(this));
  }

  boolean has(Landing landing) {
    return files(landing).equals(landings.get(landing.exportId()));
  }

  /** The same with those of these exports, and without those that are no longer there. */
  CleanLandings with(Collection<Landing> now, Set<String> exports) {
    Map<String, String> all = new TreeMap<>();
    for (Landing landing : now) {
      if (exports.contains(landing.exportId()) || has(landing)) {
        all.put(landing.exportId(), files(landing));
      }
    }
    return new CleanLandings(all);
  }

  private static String files(Landing landing) {
    return Sha256.hex(
        landing.files().stream()
            .map(Landing.File::path)
            .sorted()
            .collect(Collectors.joining("\n")));
  }

  private static Path file(Lake lake) {
    return lake.paths().state("opt-outs/clean-landings.json");
  }
}
