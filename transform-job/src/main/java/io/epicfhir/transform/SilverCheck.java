package io.epicfhir.transform;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;

/**
 * Checks that silver is what this pipeline left, before any table changes. A row that somebody else
 * took away comes back with no later export: only bronze still has it.
 */
final class SilverCheck {
  private SilverCheck() {}

  /**
   * Checks every table; reads logs only.
   *
   * @param session asked only where a log does not say enough
   * @throws Changed naming every type whose table is not what was left
   */
  static void check(List<SilverTable> tables, Supplier<SparkSession> session) {
    // Two small reads a table: on an object store they are worth asking for side by side.
    Map<String, String> changed = new ConcurrentSkipListMap<>();
    tables.parallelStream()
        .forEach(
            table -> table.strange(session).ifPresent(told -> changed.put(table.type(), told)));
    if (!changed.isEmpty()) {
      throw new Changed(changed);
    }
  }

  /** Somebody else changed silver. */
  static final class Changed extends JobException {
    private static final long serialVersionUID = 1L;

    private final List<String> types;

    private Changed(Map<String, String> changed) {
      super(
          ExitCode.DATA_REFUSED,
          "Cannot vouch for silver "
              + changed.entrySet().stream()
                  .map(e -> e.getKey() + ": " + e.getValue())
                  .collect(Collectors.joining("; "))
              + "; have these types made anew of bronze: a rerun from transform that names them");
      this.types = List.copyOf(changed.keySet());
    }

    /** What is to be made anew. */
    List<String> types() {
      return types;
    }
  }
}
