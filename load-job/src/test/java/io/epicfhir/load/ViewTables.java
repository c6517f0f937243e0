package io.epicfhir.load;

import io.delta.tables.DeltaTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** View tables as the transform job writes them, with real Delta. */
final class ViewTables {
  private ViewTables() {}

  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
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
            .putString("fhirType", fhirType)
            .putBoolean("collection", type instanceof ArrayType)
            .putString("comment", "The " + name + " of it, as it's sent");
    if (!ansiType.isEmpty()) {
      about.putString("ansiType", ansiType);
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
    DeltaTable.create(spark())
        .location(lake.resolve("views").resolve(view).toString())
        .addColumns(schema)
        .comment(description)
        .execute();
  }

  /** Replaces the table in one Delta commit. */
  static void write(Path lake, String view, StructType schema, List<Row> rows) {
    spark()
        .createDataFrame(rows, schema)
        .write()
        .format("delta")
        .mode(SaveMode.Overwrite)
        .option("overwriteSchema", "true")
        .save(lake.resolve("views").resolve(view).toString());
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
