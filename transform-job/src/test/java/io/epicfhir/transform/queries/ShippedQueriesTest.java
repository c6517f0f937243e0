package io.epicfhir.transform.queries;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The queries of conf/queries; each expected row follows from the rows of the lake. */
class ShippedQueriesTest {
  private static final String POTASSIUM = "2823-3";

  @TempDir Path folder;

  private static Row result(String id, String comparator, String value, boolean isValid) {
    String day = "2026-01-0" + id.substring(1);
    return RowFactory.create(
        id, "p1", POTASSIUM, "K", day, comparator, value, "mmol/L", true, "Serum", isValid);
  }

  @Test
  void labsAboveLeavesOutWhatWasWithdrawnAndWhatMayBeBelow() throws IOException {
    SparkSession spark = RunQuery.session();
    StructType columns =
        new StructType()
            .add("id", "string")
            .add("patient_id", "string")
            .add("loinc_code", "string")
            .add("display", "string")
            .add("effective_time", "string")
            .add("comparator", "string")
            .add("value", "string")
            .add("unit", "string")
            .add("is_outside", "boolean")
            .add("specimen", "string")
            .add("is_valid", "boolean");
    spark
        .createDataFrame(
            List.of(
                result("o1", null, "6.2", true),
                result("o2", ">", "9", true),
                result("o3", "<", "10", true),
                result("o4", null, "9.9", false),
                result("o5", null, "4.0", true)),
            columns)
        .write()
        .format("delta")
        .save(folder.resolve("lake/joined/lab_result").toString());
    assertThat(
            rows("labs_above", "--param", "loinc_code=" + POTASSIUM, "--param", "least=5").stream()
                .map(line -> line.substring(3, 13)))
        .containsExactly("2026-01-02", "2026-01-01");
  }

  /** 11:35 in New York is after 15:30 UTC, which as a text it is not. */
  @Test
  void theTimelineIsInTheOrderOfTime() throws IOException {
    StructType columns = new StructType();
    for (String column :
        List.of(
            "event_time",
            "end_time",
            "kind",
            "code",
            "display",
            "value",
            "status",
            "id",
            "patient_id")) {
      columns = columns.add(column, "string");
    }
    RunQuery.session()
        .createDataFrame(
            List.of(
                event("2021-05-26T11:35:39-04:00", "later"),
                event("2021-05-26T15:30:00Z", "earlier"),
                event("2021-03-18", "first"),
                event("2021", "year")),
            columns)
        .write()
        .format("delta")
        .save(folder.resolve("lake/joined/patient_timeline").toString());

    Path values = Files.writeString(folder.resolve("values"), "patient_id=p1\n");
    Files.setPosixFilePermissions(values, PosixFilePermissions.fromString("rw-------"));
    assertThat(
            rows("timeline", "--params", values.toString()).stream()
                .map(line -> line.substring(line.lastIndexOf(',') + 1)))
        .containsExactly("year", "first", "earlier", "later");
  }

  private static Row event(String time, String status) {
    return RowFactory.create(time, null, "visit", null, null, null, status, status, "p1");
  }

  private List<String> rows(String query, String... parameters) throws IOException {
    Path conf = Files.writeString(folder.resolve("pipeline.conf"), "epic-fhir { lake = lake }");
    Path csv = folder.resolve("out.csv");
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    List<String> arguments =
        new ArrayList<>(
            List.of(
                query,
                "--conf",
                conf.toString(),
                "--queries",
                Path.of("..", "conf", "queries").toString(),
                "--out",
                csv.toString()));
    arguments.addAll(List.of(parameters));

    int status =
        RunQuery.run(
            RunQuery.session(),
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            arguments.toArray(String[]::new));

    assertThat(err.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(status).isZero();
    return Files.readAllLines(csv).stream().skip(1).toList();
  }
}
