package io.epicfhir.load;

import io.delta.tables.DeltaTable;
import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.Lake;
import io.epicfhir.common.LakePaths;
import io.epicfhir.common.delta.TableLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
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
final class ViewTables {
  private static final Map<String, Path> FIRST_COMMITS = new ConcurrentHashMap<>();
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

  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        // A few rows: to compile a plan and to adapt it takes longer than to run it.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .getOrCreate();
  }

  static StructField column(String name, DataType type, String fhirType) {
    return column(name, type, fhirType, "");
  }

  static StructField column(String name, DataType type, String fhirType, String ansiType) {
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
  static StructType schema(StructField... columns) {
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
   * Replaces the table in one Delta commit. A first commit that some test made before is copied.
   */
  static void write(Path lake, String view, StructType schema, List<Row> rows) {
    writeTable(lake.resolve("views").resolve(view), schema, rows);
  }

  /** As {@link #write}, of any Delta table. */
  static void writeTable(Path table, StructType schema, List<Row> rows) {
    if (Files.exists(table)) {
      commit(table, schema, rows);
      return;
    }
    Path first =
        FIRST_COMMITS.computeIfAbsent(
            schema.json() + rows,
            key -> {
              Path template = TEMPLATES.resolve(String.valueOf(FIRST_COMMITS.size()));
              commit(template, schema, rows);
              return template;
            });
    try {
      FileUtils.copyDirectory(first.toFile(), table.toFile());
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
  static void deletionVectors(Path lake, String view, boolean on) {
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

  /** One commit by the transform job's own merge: all rows of these resources go, others come. */
  static void change(
      Path lake, String view, StructType schema, List<String> resources, List<Row> rows) {
    changeTable(lake.resolve("views").resolve(view), schema, resources, rows);
  }

  /** As {@link #change}, of any Delta table that has its rows by resource. */
  static void changeTable(Path table, StructType schema, List<String> resources, List<Row> rows) {
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

  static Row row(Object... values) {
    return RowFactory.create(values);
  }

  /** Two columns for tests that care about rows only: id and text. */
  static StructType plain() {
    return schema(
        column("id", DataTypes.StringType, "id"), column("text", DataTypes.StringType, "string"));
  }

  static List<Row> plainRows(int count, String text) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(row("r" + i, text, "r" + i));
    }
    return rows;
  }
}
