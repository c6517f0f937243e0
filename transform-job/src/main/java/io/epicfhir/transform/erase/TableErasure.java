package io.epicfhir.transform.erase;

import io.epicfhir.common.Failpoint;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.RowNames;
import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableScan;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.delta.TableWriter;
import io.epicfhir.transform.silver.SilverSession;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FilterFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/**
 * Takes the erased rows out of a Delta table in one commit, rewrites what deletion vectors only
 * hide, and deletes the files of all older versions. Readers of older versions lose them.
 */
final class TableErasure {
  private static final String PARTITION = "resource_type";

  private final SparkSession spark;
  private final Lake lake;
  private final Path path;
  private final Mentions erased;
  private final Mentions shared;

  /**
   * @param shared resources whose rows go, and no others that name them
   */
  TableErasure(SparkSession base, Lake lake, Path path, Mentions erased, Mentions shared) {
    this.shared = shared;
    this.lake = lake;
    this.path = path;
    this.erased = erased;
    long bytes = TableLog.of(lake, path).snapshot().map(TableSnapshot::bytes).orElse(0L);
    this.spark = SilverSession.of(base, bytes, 0);
    spark.conf().set("parquet.column.statistics.enabled", "false");
  }

  /** How many rows of the newest version name an erased resource. */
  long count() {
    return going().count();
  }

  private StructType table() {
    return spark.read().format("delta").load(path.toString()).schema();
  }

  /** Of the data files, which do not have the partition's column. */
  private static StructType columns(StructType table, boolean partitioned) {
    StructType columns = new StructType();
    for (StructField field : table.fields()) {
      columns = partitioned && field.name().equals(PARTITION) ? columns : columns.add(field);
    }
    return columns;
  }

  private static Optional<String> partition(boolean partitioned) {
    return partitioned ? Optional.of(PARTITION) : Optional.empty();
  }

  private Dataset<Row> going() {
    TableSnapshot now = TableLog.of(lake, path).snapshot().orElseThrow();
    boolean partitioned = isPartitioned(now);
    StructType table = table();
    List<String> wanted = new ArrayList<>(List.of(table.fieldNames()));
    wanted.addAll(TableScan.POSITION);
    Rule rule = new Rule(erased, shared, partitioned, path.getName());
    FilterFunction<Row> going = rule::goes;
    return new TableScan(spark, lake, path, columns(table, partitioned), partition(partitioned))
        .dataset(now.files(), wanted)
        .filter(going);
  }

  /** Does it; how many rows of the newest version went. */
  long run() {
    TableLog log = TableLog.of(lake, path);
    TableSnapshot now = log.snapshot().orElseThrow();
    long before = now.rows().orElse(0);
    boolean partitioned = isPartitioned(now);
    StructType columns = columns(table(), partitioned);
    boolean ranged = Arrays.asList(columns.fieldNames()).contains("silver_version");
    TableWriter writer =
        new TableWriter(
            lake,
            path,
            columns,
            partition(partitioned),
            ranged ? Optional.of("silver_version") : Optional.empty());
    TableWriter.Plan plan = writer.take(Optional.of(spark), now, RowPositions.of(going()), false);
    if (!plan.remove().isEmpty()) {
      Failpoint.at("erase.table");
      log.change(
          now.version(),
          List.of(),
          plan.copies(),
          plan.remove(),
          plan.mark(),
          TableSignature.of(spark));
    }
    long after = log.snapshot().orElseThrow().rows().orElse(0);
    purge();
    return before - after;
  }

  private static boolean isPartitioned(TableSnapshot now) {
    return now.files().stream().anyMatch(file -> file.partitionValues().containsKey(PARTITION));
  }

  private void purge() {
    if (TableLog.of(lake, path).snapshot().orElseThrow().files().stream()
        .anyMatch(file -> file.deletedRows() > 0)) {
      spark.sql("REORG TABLE delta.`" + path + "` APPLY (PURGE)");
    }
    removeOlder();
  }

  /**
   * Every file that the newest version does not name: older versions' data, deletion vectors,
   * change data, and what writers left. VACUUM would do it with some Spark jobs a table, and passes
   * over files whose names begin with a dot or an underscore.
   */
  private void removeOlder() {
    Set<String> named = new HashSet<>();
    TableLog.of(lake, path)
        .snapshot()
        .orElseThrow()
        .files()
        .forEach(file -> named.add(new Path(path, file.path()).toUri().getPath()));
    String log = new Path(path, "_delta_log").toUri().getPath() + "/";
    for (Path file : LakeFiles.below(lake, path)) {
      String place = file.toUri().getPath();
      if (!place.startsWith(log) && !named.contains(place)) {
        lake.delete(file);
      }
    }
  }

  /** Which rows go, by what stands in their texts. */
  private record Rule(Mentions erased, Mentions shared, boolean silver, String name)
      implements java.io.Serializable {
    private static final long serialVersionUID = 2L;

    boolean goes(Row row) {
      if (silver) {
        String text = row.getAs("resource");
        byte[] bytes =
            text == null ? new byte[0] : text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        String type = row.getAs(PARTITION);
        String id = row.getAs("id");
        return shared.has(type, id) || RowRule.goes(erased, type, id, bytes);
      }
      RowNames names = erased.row(name);
      String[] columns = row.schema().fieldNames();
      for (int i = 0; i < row.size() - 2; i++) { // the position is none of the table's
        if (!row.isNullAt(i)) {
          if (row.get(i) instanceof String id && RowRule.isShared(shared, name, columns[i], id)) {
            return true;
          }
          add(names, columns[i], row.get(i));
        }
      }
      return names.any();
    }

    private static void add(RowNames names, String column, Object value) {
      if (value instanceof String text) {
        names.add(column, text);
      } else if (value instanceof scala.collection.Iterable<?> list) {
        var each = list.iterator();
        while (each.hasNext()) {
          add(names, column, each.next());
        }
      } else if (value instanceof Row nested) {
        add(names, column, nested.toSeq());
      }
    }
  }
}
