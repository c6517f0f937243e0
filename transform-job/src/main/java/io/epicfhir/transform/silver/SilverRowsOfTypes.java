package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.FileRows;
import io.epicfhir.transform.delta.LiveRows;
import io.epicfhir.transform.delta.TableScan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import scala.Tuple2;

/** The rows of silver that views read: those whose content is newer than a version. */
public final class SilverRowsOfTypes {
  private final Lake lake;
  private final List<DataFile> files;

  /**
   * @param snapshot the version that is read; empty where there is no silver yet
   */
  public SilverRowsOfTypes(Lake lake, Optional<TableSnapshot> snapshot) {
    this.lake = lake;
    this.files = snapshot.map(TableSnapshot::files).orElse(List.of());
  }

  /**
   * Rows of types from files that may hold newer ones; a file can hold older rows, too.
   *
   * @param since by type, the version that is not newer; -1 for all rows
   * @param columns in the order that is wanted
   */
  public JavaRDD<InternalRow> changed(
      SparkSession spark, Map<String, Long> since, List<String> columns) {
    return new TableScan(
            spark,
            lake,
            lake.paths().silver(),
            SilverSchema.COLUMNS,
            Optional.of(SilverSchema.PARTITION))
        .rows(newer(since).toList(), columns);
  }

  private Stream<DataFile> newer(Map<String, Long> since) {
    return files.stream()
        .filter(file -> since.containsKey(type(file)))
        .filter(file -> mayBeNewer(file, since.get(type(file))));
  }

  /**
   * The same of one type in this thread, without a session.
   *
   * @param columns without the type
   */
  public void read(String type, long since, List<String> columns, FileRows.Taker taker) {
    StructType wanted = new StructType();
    for (String name : columns) {
      wanted = wanted.add(SilverSchema.COLUMNS.apply(name));
    }
    LiveRows rows = new LiveRows(lake, lake.paths().silver(), wanted);
    newer(Map.of(type, since))
        .forEach(file -> rows.read(file, (row, path, position) -> taker.row(row, position)));
  }

  /**
   * The ids of resources that changed after a version, those that are gone, too; one Spark job.
   *
   * @param since by type
   */
  public Map<String, List<String>> changedIds(SparkSession spark, Map<String, Long> since) {
    Map<String, List<String>> ids = new TreeMap<>();
    since.keySet().forEach(type -> ids.put(type, new ArrayList<>()));
    HashMap<String, Long> after = new HashMap<>(since);
    for (Tuple2<String, String> one :
        changed(spark, since, List.of(SilverSchema.PARTITION, "id", SilverSchema.VERSION))
            .filter(row -> row.getLong(2) > after.get(row.getUTF8String(0).toString()))
            .map(
                row ->
                    Tuple2.apply(row.getUTF8String(0).toString(), row.getUTF8String(1).toString()))
            .collect()) {
      ids.get(one._1()).add(one._2());
    }
    return ids;
  }

  /** How many rows there are at most that are newer. */
  public long mostChanged(String type, long since) {
    return files.stream()
        .filter(file -> type.equals(type(file)) && mayBeNewer(file, since))
        .mapToLong(file -> file.rows().orElse(Long.MAX_VALUE / 1000))
        .sum();
  }

  /** Bytes of the files that {@link #changed} reads. */
  public long bytes(Map<String, Long> since) {
    return newer(since).mapToLong(DataFile::bytes).sum();
  }

  private static boolean mayBeNewer(DataFile file, long since) {
    NewFile.Range range = file.ranges().get(SilverSchema.VERSION);
    return range == null || range.largest() > since;
  }

  private static String type(DataFile file) {
    return file.partitionValues().get(SilverSchema.PARTITION);
  }
}
