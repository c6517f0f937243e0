package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.NewFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.FileRows;
import io.epicfhir.transform.delta.LiveRows;
import io.epicfhir.transform.delta.TableScan;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.roaringbitmap.RoaringBitmap;
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
    return scan(spark).rows(newer(since).toList(), columns);
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
    LiveRows rows = rows(columns);
    newer(Map.of(type, since))
        .forEach(file -> rows.read(file, (row, path, position) -> taker.row(row, position)));
  }

  /**
   * The same, and the rows of some resources whatever their version.
   *
   * @param columns the id first
   * @param also ids of these
   */
  public void read(
      String type, long since, List<String> columns, Set<UTF8String> also, FileRows.Taker taker) {
    read(type, since, columns, taker);
    if (also.isEmpty()) {
      return;
    }
    LiveRows ids = rows(List.of("id"));
    LiveRows rows = rows(columns);
    for (DataFile file : older(type, since)) {
      RoaringBitmap found = new RoaringBitmap();
      ids.read(
          file,
          (row, path, position) -> {
            if (also.contains(row.getUTF8String(0))) {
              found.add(position);
            }
          });
      rows.readOnly(file, found, (row, path, position) -> taker.row(row, position));
    }
  }

  private List<DataFile> older(String type, long since) {
    return files.stream()
        .filter(file -> type.equals(type(file)) && !mayBeNewer(file, since))
        .toList();
  }

  private LiveRows rows(List<String> columns) {
    StructType wanted = new StructType();
    for (String name : columns) {
      wanted = wanted.add(SilverSchema.COLUMNS.apply(name));
    }
    return new LiveRows(lake, lake.paths().silver(), wanted);
  }

  /**
   * Rows of some resources from files that {@link #changed} does not read, by Spark. Their ids are
   * looked for first: only files that have one are read.
   *
   * @param columns the id first
   */
  public JavaRDD<InternalRow> others(
      SparkSession spark, String type, long since, List<String> columns, Set<UTF8String> ids) {
    Broadcast<HashSet<UTF8String>> wanted =
        JavaSparkContext.fromSparkContext(spark.sparkContext()).broadcast(new HashSet<>(ids));
    Set<String> having = new HashSet<>();
    scan(spark)
        .rows(older(type, since), List.of("id", TableScan.POSITION.get(0)))
        .filter(row -> wanted.value().contains(row.getUTF8String(0)))
        .map(row -> row.getUTF8String(1).toString())
        .distinct()
        .collect()
        .forEach(path -> having.add(new Path(URI.create(path)).toUri().getPath()));
    List<DataFile> some =
        older(type, since).stream()
            .filter(file -> having.contains(file.in(lake.paths().silver()).toUri().getPath()))
            .toList();
    return scan(spark)
        .rows(some, columns)
        .filter(row -> wanted.value().contains(row.getUTF8String(0)));
  }

  private TableScan scan(SparkSession spark) {
    return new TableScan(
        spark,
        lake,
        lake.paths().silver(),
        SilverSchema.COLUMNS,
        Optional.of(SilverSchema.PARTITION));
  }

  /** The ids of a type's resources that changed after a version, in this thread or by Spark. */
  public Set<UTF8String> changedIds(String type, long since, Optional<SparkSession> spark) {
    Set<UTF8String> ids = new HashSet<>();
    if (spark.isPresent()) {
      changedIds(spark.get(), Map.of(type, since))
          .get(type)
          .forEach(id -> ids.add(UTF8String.fromString(id)));
      return ids;
    }
    read(
        type,
        since,
        List.of("id", SilverSchema.VERSION),
        (row, position) -> {
          if (row.getLong(1) > since) {
            ids.add(row.getUTF8String(0).copy());
          }
        });
    return ids;
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
