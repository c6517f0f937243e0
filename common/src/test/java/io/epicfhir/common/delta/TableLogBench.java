package io.epicfhir.common.delta;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What the log costs: 35 tables, as many as a site has views and types, in one JVM. Prints wall
 * clock and CPU; the first round has Kernel's start in it.
 */
final class TableLogBench {
  private static final int TABLES = 35;
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private TableLogBench() {}

  /** One argument: an empty folder. */
  public static void main(String[] args) {
    List<TableLog> logs =
        IntStream.range(0, TABLES)
            .mapToObj(i -> SparkTables.log(Path.of(args[0]).resolve("t" + i)))
            .toList();
    timed("first create", logs.subList(0, 1), TableLogBench::create);
    timed("create", logs.subList(1, TABLES), TableLogBench::create);
    for (int round = 0; round < 8; round++) {
      timed("change", logs, TableLogBench::change);
      timed("snapshot", logs, TableLog::snapshot);
      timed("metadata", logs, TableLog::metadata);
      timed("version", logs, TableLog::version);
      timed("info", logs, log -> log.info(0));
      timed("changes", logs, log -> log.changes(0, log.version().orElseThrow()));
    }
  }

  private interface Step {
    Object on(TableLog log);
  }

  private static Object create(TableLog log) {
    Map<String, String> properties = Map.of("delta.dataSkippingNumIndexedCols", "0");
    return log.create(SparkTables.definition(properties), List.of(file(0)), "epic-fhir bench");
  }

  private static Object change(TableLog log) {
    TableSnapshot now = log.snapshot().orElseThrow();
    return log.change(
        now.version(), List.of(file(now.version() + 1)), now.files(), "epic-fhir bench");
  }

  private static NewFile file(long name) {
    return new NewFile("part-" + name + ".parquet", Map.of(), 1000, 10, 1_700_000_000_000L);
  }

  private static void timed(String name, List<TableLog> logs, Step step) {
    long wall = System.nanoTime();
    long cpu = SYSTEM.getProcessCpuTime();
    for (TableLog log : logs) {
      if (step.on(log) == null) {
        throw new IllegalStateException("Cannot measure " + name + ": no answer");
      }
    }
    double tables = logs.size() * 1e6;
    System.out.printf(
        "%-13s %7.2f ms a table, CPU %7.2f ms%n",
        name, (System.nanoTime() - wall) / tables, (SYSTEM.getProcessCpuTime() - cpu) / tables);
  }
}
