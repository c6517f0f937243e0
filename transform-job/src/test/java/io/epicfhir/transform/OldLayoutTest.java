package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.LakePaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A lake of the layout before: a silver table for each type, all exports applied to them. */
final class OldLayoutTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final StructType OLD =
      new StructType()
          .add("resource_type", DataTypes.StringType)
          .add("id", DataTypes.StringType)
          .add("version_id", DataTypes.StringType)
          .add("last_updated", DataTypes.TimestampType)
          .add("deleted", DataTypes.BooleanType)
          .add("resource", DataTypes.StringType)
          .add("silver_version", DataTypes.LongType);

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void anOldLake() throws IOException {
    lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Condition");
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Condition", "c")
        .land();
    lake.export("e2", TUESDAY).delete("Patient/b").land();
    oldTable("silver/Patient", RowFactory.create("Patient", "a", "1", null, false, "{}", 0L));
    oldTable("silver/Condition", RowFactory.create("Condition", "c", "1", null, false, "{}", 0L));
    oldTable("views/patient", RowFactory.create("Patient", "old", "1", null, false, "{}", 0L));
    LakePaths paths = lake.lake().paths();
    for (String export : List.of("e1", "e2")) {
      String time = export.equals("e1") ? MONDAY : TUESDAY;
      lake.lake()
          .write(
              paths.state("applied/" + export + ".json"),
              """
              {"export_id": "%s", "landed_at": "%s", "applied_at": "%s", "run_key": "etl/old"}
              """
                  .formatted(export, time, time));
    }
    lake.lake()
        .write(
            paths.state("silver/Patient.json"),
            """
            {"delta_version": 0, "rows_live": 1, "tombstones": 1, "bytes": 1000}
            """);
    lake.lake()
        .write(
            paths.state("views/patient.json"),
            """
            {"view": "patient", "definition_hash": "0a", "silver_version": 0, "delta_version": 0,
             "rows": 1, "bytes": 1000}
            """);
  }

  private void oldTable(String table, Row row) {
    TestLake.spark()
        .createDataFrame(List.of(row), OLD)
        .write()
        .format("delta")
        .save(folder.resolve(table).toUri().toString());
  }

  @Test
  void isRebuiltFromBronzeAndSaysSoOnce() {
    TransformResult result = lake.transform();
    assertThat(result.silver().problems().notes())
        .singleElement()
        .asString()
        .contains("Silver is rebuilt from bronze", "a table for each resource type");
    assertThat(result.silver().rebuilt()).containsExactlyInAnyOrder("Patient", "Condition");
    assertThat(lake.live("Patient")).singleElement().asString().startsWith("a ");
    assertThat(lake.silver("Patient")).contains("b null true null");
    assertThat(lake.live("Condition")).hasSize(1);
    assertThat(lake.rows("patient")).containsExactly("a");
    assertThat(lake.rows("condition")).containsExactly("c");
    assertThat(folder.resolve("silver/Patient")).doesNotExist();
    assertThat(folder.resolve("silver/Condition")).doesNotExist();
    TransformResult second = lake.transform();
    assertThat(second.silver().problems().notes()).isEmpty();
    assertThat(second.silver().rebuilt()).isEmpty();
  }

  @Test
  void takesWhatIsPendingOnTheWay() {
    lake.export("e3", "2026-01-07T00:00:00Z").resource("Patient", "d").land();
    TransformResult result = lake.transform();
    assertThat(result.silver().exports()).containsExactly("e3");
    assertThat(lake.rows("patient")).containsExactly("a", "d");
  }

  @Test
  void staysRedAndKeepsTheOldTablesWhileBronzeIsDamaged() throws IOException {
    Path file =
        folder.resolve("bronze/resource_type=Condition/extraction_date=2026-01-01/e1.parquet");
    byte[] bytes = Files.readAllBytes(file);
    Files.delete(file);
    assertThat(lake.run().silver().problems().damagedExports()).containsExactly("e1");
    assertThat(folder.resolve("silver/Patient")).exists();
    assertThat(lake.run().silver().problems().damagedExports())
        .as("what is in no table is red every time")
        .containsExactly("e1");
    Files.write(file, bytes);
    lake.transform();
    assertThat(lake.rows("patient")).containsExactly("a");
    assertThat(lake.rows("condition")).containsExactly("c");
    assertThat(folder.resolve("silver/Patient")).doesNotExist();
  }
}
