package io.epicfhir.load;

import io.delta.tables.DeltaTable;
import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.TestSpark;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** View tables as the transform job writes them, with real Delta. */
public final class ViewTables {
  /** What was written, one line a commit, and a table that has it. */
  private static final Map<String, Path> MADE = new LinkedHashMap<>();

  private static final Map<Path, String> WRITTEN = new LinkedHashMap<>();
  private static final Path TEMPLATES = templates();

  private ViewTables() {}

  private static Path templates() {
    try {
      Path folder = Files.createTempDirectory("view-tables");
      FileUtils.forceDeleteOnExit(folder.toFile());
      return folder;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static SparkSession spark() {
    return TestSpark.session();
  }

  public static StructField column(String name, DataType type, String fhirType) {
    return column(name, type, fhirType, "");
  }

  public static StructField column(String name, DataType type, String fhirType, String ansiType) {
    MetadataBuilder about =
        new MetadataBuilder()
            .putString(ColumnMetadata.FHIR_TYPE, fhirType)
            .putString(ColumnMetadata.FHIR_PATH, name)
            .putBoolean(ColumnMetadata.COLLECTION, type instanceof ArrayType)
            .putString(ColumnMetadata.DESCRIPTION, "The " + name + " of it, as it's sent");
    if (!ansiType.isEmpty()) {
      about.putString(ColumnMetadata.ANSI_TYPE, ansiType);
    }
    return new StructField(name, type, true, about.build());
  }

  /** The columns, then _resource_id. */
  public static StructType schema(StructField... columns) {
    List<StructField> all = new ArrayList<>(List.of(columns));
    all.add(DataTypes.createStructField("_resource_id", DataTypes.StringType, true));
    return DataTypes.createStructType(all);
  }

  /** Makes an empty table with a description, which only the builder can give. */
  static void create(Path lake, String view, StructType schema, String description) {
    createTable(lake.resolve("views").resolve(view), schema, description);
  }

  /** As {@link #create}, of any Delta table. */
  static void createTable(Path table, StructType schema, String description) {
    DeltaTable.create(spark())
        .location(table.toString())
        .addColumns(schema)
        .comment(description)
        .execute();
  }

  /**
   * Replaces the table in one Delta commit. What some test committed before in the same way is
   * copied from there.
   */
  public static void write(Path lake, String view, StructType schema, List<Row> rows) {
    writeTable(lake.resolve("views").resolve(view), schema, rows);
  }

  /** As {@link #write}, of any Delta table. */
  static void writeTable(Path table, StructType schema, List<Row> rows) {
    String before = WRITTEN.getOrDefault(table, "");
    if (commits(table) != before.lines().count()) {
      WRITTEN.remove(table); // by other means, too: no other table is the same
      commit(table, schema, rows);
      return;
    }
    String after = before + (schema.json() + rows).replace('\n', ' ') + "\n";
    Path template =
        MADE.computeIfAbsent(
            after,
            key -> {
              Path made = TEMPLATES.resolve(String.valueOf(MADE.size()));
              if (!before.isEmpty()) {
                copy(MADE.get(before), made);
              }
              commit(made, schema, rows);
              return made;
            });
    copy(template, table);
    WRITTEN.put(table, after);
  }

  private static long commits(Path table) {
    String[] commits =
        table.resolve("_delta_log").toFile().list((folder, name) -> name.endsWith(".json"));
    return commits == null ? 0 : commits.length;
  }

  /** Adds the files that are not there, as a commit does. */
  private static void copy(Path from, Path to) {
    try {
      FileUtils.copyDirectory(
          from.toFile(),
          to.toFile(),
          file -> file.isDirectory() || !Files.exists(to.resolve(from.relativize(file.toPath()))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void commit(Path table, StructType schema, List<Row> rows) {
    spark()
        .createDataFrame(rows, schema)
        .write()
        .format("delta")
        .mode(SaveMode.Overwrite)
        .option("overwriteSchema", "true")
        .save(table.toString());
  }

  /** Whether a change marks rows as deleted beside the files, or rewrites the files. */
  public static void deletionVectors(Path lake, String view, boolean on) {
    property(lake, view, "delta.enableDeletionVectors", String.valueOf(on));
  }

  /** Sets a property of the table, in a commit of its own. */
  static void property(Path lake, String view, String key, String value) {
    propertyOf(lake, lake.resolve("views").resolve(view), key, value);
  }

  /** As {@link #property}, of any Delta table. */
  static void propertyOf(Path lake, Path table, String key, String value) {
    Lake files = new Lake(new LakePaths(lake.toUri().toString()), new Configuration());
    TableLog.of(files, new org.apache.hadoop.fs.Path(table.toUri()))
        .setProperties(Map.of(key, value), "test");
  }

  /**
   * One commit: all rows of these resources go, others come. By the table's log where the table has
   * deletion vectors, as the transform job does it; else by Spark.
   */
  public static void change(
      Path lake, String view, StructType schema, List<String> resources, List<Row> rows) {
    changeTable(lake.resolve("views").resolve(view), schema, resources, rows);
  }

  /** As {@link #change}, of any Delta table that has its rows by resource. */
  static void changeTable(Path table, StructType schema, List<String> resources, List<Row> rows) {
    ViewChange change = new ViewChange(table);
    if (change.marks()) {
      change.commit(schema, resources, rows);
    } else {
      merge(table, schema, resources, rows);
    }
  }

  /** The same by Spark's MERGE, as any other program may do it. */
  static void merge(
      Path lake, String view, StructType schema, List<String> resources, List<Row> rows) {
    merge(lake.resolve("views").resolve(view), schema, resources, rows);
  }

  private static void merge(Path table, StructType schema, List<String> resources, List<Row> rows) {
    var keys =
        spark()
            .createDataset(resources, Encoders.STRING())
            .toDF("key")
            .withColumn("is_row", functions.lit(false));
    var change =
        spark()
            .createDataFrame(rows, schema)
            .withColumn("key", functions.col("_resource_id"))
            .withColumn("is_row", functions.lit(true))
            .unionByName(keys, true);
    Map<String, Column> values = new TreeMap<>();
    for (String name : schema.fieldNames()) {
      values.put("`" + name + "`", functions.col("change.`" + name + "`"));
    }
    DeltaTable.forPath(spark(), table.toString())
        .as("view")
        .merge(change.as("change"), "view._resource_id = change.key AND NOT change.is_row")
        .whenMatched()
        .delete()
        .whenNotMatched("change.is_row")
        .insert(values)
        .execute();
  }

  /** The rows of a view table as lines, sorted. */
  static List<String> rows(Path lake, String view) {
    return spark()
        .read()
        .format("delta")
        .load(lake.resolve("views").resolve(view).toString())
        .collectAsList()
        .stream()
        .map(row -> row.mkString("|"))
        .sorted()
        .toList();
  }

  public static Row row(Object... values) {
    return RowFactory.create(values);
  }

  /** Two columns for tests that care about rows only: id and text. */
  public static StructType plain() {
    return schema(
        column("id", DataTypes.StringType, "id"), column("text", DataTypes.StringType, "string"));
  }

  public static List<Row> plainRows(int count, String text) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(row("r" + i, text, "r" + i));
    }
    return rows;
  }
}
