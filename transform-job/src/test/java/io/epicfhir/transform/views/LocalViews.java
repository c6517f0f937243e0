package io.epicfhir.transform.views;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Runs views on a small real Spark; one session for all tests of the module's views. */
final class LocalViews {
  private static final StructType SILVER =
      new StructType().add("id", DataTypes.StringType).add("resource", DataTypes.StringType);

  private LocalViews() {}

  static SparkSession spark() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", "false")
        // The same JVM may run tests of tables next, and a session's extensions are its first ones.
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate();
  }

  /** Resources as silver holds them: key and text. */
  static Dataset<Row> silver(List<String> keys, List<String> resources) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      rows.add(RowFactory.create(keys.get(i), resources.get(i)));
    }
    return spark().createDataFrame(rows, SILVER);
  }

  /** The rows of one view as JSON lines. */
  static List<String> rows(CompiledViews views, int number, Dataset<Row> silver)
      throws IOException {
    CompiledView view = views.views().get(number);
    List<String> lines = new ArrayList<>();
    for (Row row : view.rows(views.parse(silver)).collectAsList()) {
      lines.add(ViewOutput.line(view.columns(), row));
    }
    return lines;
  }
}
