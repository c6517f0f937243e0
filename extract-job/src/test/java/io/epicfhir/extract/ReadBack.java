package io.epicfhir.extract;

import io.epicfhir.common.TestSpark;
import java.util.List;
import java.util.function.Function;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Reads a lake's folders by Spark, as the next job would. */
final class ReadBack {
  private ReadBack() {}

  static <T> T with(Function<SparkSession, T> work) {
    SparkSession session = TestSpark.session();
    session.conf().set("spark.sql.datetime.java8API.enabled", "true");
    return work.apply(session);
  }

  /** The rows of the files that the landings show, with the partition columns. */
  static List<Row> bronze(Runs site) {
    String[] files =
        site.landings().stream()
            .flatMap(landing -> landing.files().stream())
            .map(file -> site.lake().paths().at(file.path()).toString())
            .toArray(String[]::new);
    return rows(site, "bronze", files);
  }

  static List<Row> quarantine(Runs site) {
    String folder = site.lake().paths().at("quarantine").toString();
    return rows(
        site, "quarantine", new String[] {folder + "/extraction_date=*/export_id=*/*.parquet"});
  }

  private static List<Row> rows(Runs site, String base, String[] files) {
    return with(
        session -> {
          Dataset<Row> all =
              session
                  .read()
                  .option("basePath", site.lake().paths().at(base).toString())
                  .parquet(files);
          return all.orderBy("source_file", "source_line").collectAsList();
        });
  }
}
