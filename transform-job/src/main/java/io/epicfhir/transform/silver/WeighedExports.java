package io.epicfhir.transform.silver;

import io.epicfhir.common.Json;
import io.epicfhir.common.Lake;
import io.epicfhir.common.Landing;
import io.epicfhir.common.StateFile;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.fs.Path;

/**
 * The exports of which bronze lost what they made obsolete, or what made them obsolete: {@code
 * state/bronze-retention.json}. None of them can be landed anew as if nothing had happened: what
 * its earlier landing replaced is no longer there.
 *
 * @param exports when the landing that was weighed had landed, by export
 */
record WeighedExports(Map<String, Instant> exports) implements StateFile {
  private static final WeighedExports NONE = new WeighedExports(Map.of());

  WeighedExports {
    exports = exports == null ? Map.of() : Map.copyOf(exports);
  }

  static WeighedExports read(Lake lake) {
    Path file = file(lake);
    return lake.read(file)
        .map(text -> Json.read(text, WeighedExports.class, file.toString()))
        .orElse(NONE);
  }

  /**
   * Notes that they are weighed now. One that landed anew stays noted as it was until a full export
   * has made up for it.
   */
  void add(Lake lake, List<Landing> weighed, ExportChain chain) {
    Map<String, Instant> all = new TreeMap<>(exports);
    for (Landing landing : weighed) {
      if (!isAnew(landing) || chain.laterFull(landing)) {
        all.put(landing.exportId(), landedAt(landing));
      }
    }
    lake.write(file(lake), Json.write(new WeighedExports(all)));
  }

  /** Whether it has landed anew since it was weighed. */
  boolean isAnew(Landing landing) {
    Instant then = exports.get(landing.exportId());
    return then != null && !then.equals(landedAt(landing));
  }

  private static Instant landedAt(Landing landing) {
    return Optional.ofNullable(landing.landedAt()).orElse(Instant.EPOCH);
  }

  private static Path file(Lake lake) {
    return lake.paths().state("bronze-retention.json");
  }
}
