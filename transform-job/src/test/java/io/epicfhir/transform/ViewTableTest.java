package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.transform.delta.DeletionVectors;
import java.nio.file.Path;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ViewTableTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";

  private static final String NAMES =
      """
      {"resourceType": "ViewDefinition", "name": "names", "resource": "Patient",
       "description": "One row per name",
       "select": [
         {"column": [{"name": "patient", "path": "getResourceKey()", "type": "string"}]},
         {"forEach": "name", "column": [
           {"name": "family", "path": "family", "type": "string", "description": "The surname"}]}]}
      """;

  private static final String PATIENTS =
      """
      {"resourceType": "ViewDefinition", "name": "patients", "resource": "Patient",
       "title": "Patients",
       "select": [{"column": [
         {"name": "patient", "path": "getResourceKey()", "type": "string"},
         {"name": "born", "path": "birthDate", "type": "date",
          "tag": [{"name": "ansi/type", "value": "DATE"}]}]}]}
      """;

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder).view("Patient", NAMES).view("Patient", PATIENTS);
  }

  @ParameterizedTest
  @EnumSource(DeletionVectors.class)
  void aChangedResourceLeavesNoneOfItsOldRows(DeletionVectors writing) {
    lake.writing(writing);
    landTwoPatients();
    lake.transform();
    assertThat(lake.rows("names")).containsExactly("a One", "a Three", "a Two", "b Bee");
    lake.export("e2", TUESDAY)
        .resource("Patient", "a", "2", TUESDAY, patient("a", "1950", "Four"))
        .land();
    TransformResult result = lake.transform();
    assertThat(lake.rows("names")).containsExactly("a Four", "b Bee");
    assertThat(lake.rows("patients")).containsExactly("a 1950", "b 1960-02");
    assertThat(result.views().done().get("names").state().rows()).isEqualTo(2);
    assertThat(result.views().done().get("names").state().resources()).isEqualTo(2);
    assertThat(lake.viewVersion("names")).isEqualTo(1);
    // Of the old file three rows go: it is marked, or the fourth row is copied.
    boolean marked = writing == DeletionVectors.ON;
    TableSnapshot now = lake.viewLog("names").snapshot().orElseThrow();
    assertThat(now.files().stream().anyMatch(file -> file.deletionVector().isPresent()))
        .isEqualTo(marked);
    assertThat(lake.viewLog("names").changes(0, 1).orElseThrow().get(0).added()).hasSize(2);
  }

  @Test
  void aTableThatHadNoDeletionVectorsGetsThemWhereTheSettingsSaySo() {
    landTwoPatients();
    lake.transform();
    lake.writing(DeletionVectors.ON);
    lake.export("e2", TUESDAY)
        .resource("Patient", "a", "2", TUESDAY, patient("a", "1950", "Four"))
        .land();
    lake.transform();
    lake.writing(DeletionVectors.OFF);
    lake.export("e3", "2026-01-07T00:00:00Z")
        .resource("Patient", "b", "2", "2026-01-07T00:00:00Z", patient("b", "1960", "Cee"))
        .land();
    lake.transform();
    assertThat(lake.rows("names")).containsExactly("a Four", "b Cee");
    assertThat(lake.live("Patient")).hasSize(2);
  }

  @Test
  void aDeletedResourceLeavesNoRowsAndOneThatComesBackHasThemAgain() {
    landTwoPatients();
    lake.transform();
    lake.export("e2", TUESDAY).delete("Patient/a").land();
    lake.transform();
    assertThat(lake.rows("names")).containsExactly("b Bee");
    lake.export("e3", "2026-01-07T00:00:00Z")
        .resource("Patient", "a", "3", "2026-01-06T12:00:00Z", patient("a", "1950", "Back"))
        .land();
    lake.transform();
    assertThat(lake.rows("names")).containsExactly("a Back", "b Bee");
  }

  @Test
  void nothingNewMakesNoCommit() {
    landTwoPatients();
    lake.transform();
    landTwoPatients("e2", TUESDAY);
    assertThat(lake.transform().silver().exports()).containsExactly("e2");
    assertThat(lake.viewVersion("names")).isZero();
    assertThat(lake.viewVersion("patients")).isZero();
  }

  @Test
  void aCrashBetweenSilverAndTheViewsIsCaughtUp() {
    landTwoPatients();
    lake.transform();
    String before = state("names");
    lake.export("e2", TUESDAY)
        .resource("Patient", "a", "2", TUESDAY, patient("a", "1950", "Four"))
        .land();
    lake.transform();
    // As if the run had died after the commit of one view and before the files that tell of it.
    lake.lake().write(lake.lake().paths().state("views/names.json"), before);
    lake.lake().delete(lake.lake().paths().state("views/patients.json"));
    lake.lake().delete(lake.lake().paths().state("applied/e2.json"));
    lake.transform();
    assertThat(lake.rows("names")).containsExactly("a Four", "b Bee");
    assertThat(lake.rows("patients")).containsExactly("a 1950", "b 1960-02");
    assertThat(lake.silverVersion()).isEqualTo(1);
  }

  @Test
  void aChangedDefinitionRebuildsItsOwnTableOnly() {
    landTwoPatients();
    lake.transform();
    lake.view("Patient", NAMES.replace("\"family\", \"path\"", "\"surname\", \"path\""));
    lake.transform();
    assertThat(lake.viewVersion("names")).isEqualTo(1);
    assertThat(lake.viewVersion("patients")).isZero();
    assertThat(schema("names").fieldNames()).containsExactly("patient", "surname", "_resource_id");
    assertThat(lake.rows("names")).containsExactly("a One", "a Three", "a Two", "b Bee");
  }

  @Test
  void aTypeThatWasNeverLandedHasAnEmptyTableThatFillsLater() {
    lake.transform();
    assertThat(lake.rows("patients")).isEmpty();
    assertThat(schema("patients").fieldNames()).containsExactly("patient", "born", "_resource_id");
    lake.transform();
    assertThat(lake.viewVersion("patients")).isZero();
    landTwoPatients();
    lake.transform();
    assertThat(lake.rows("patients")).containsExactly("a 1950", "b 1960-02");
  }

  @Test
  void aTableTellsWhatItsColumnsMean() {
    landTwoPatients();
    lake.transform();
    StructField family = schema("names").apply("family");
    assertThat(family.metadata().getString("fhirType")).isEqualTo("string");
    assertThat(family.metadata().getBoolean("collection")).isFalse();
    assertThat(family.metadata().getString("description")).isEqualTo("The surname");
    assertThat(family.metadata().getString("fhirPath")).isEqualTo("family");
    assertThat(schema("patients").apply("born").metadata().getString("ansiType")).isEqualTo("DATE");
    assertThat(description("names")).isEqualTo("One row per name");
    assertThat(description("patients")).isEqualTo("Patients");
  }

  @Test
  void aViewThatIsNoLongerDefinedIsNamedAndKept() {
    landTwoPatients();
    lake.transform();
    TestLake other = new TestLake(folder).view("Patient", PATIENTS);
    assertThat(other.transform().unknownViews()).containsExactly("names");
    assertThat(lake.rows("names")).hasSize(4);
  }

  @Test
  void noPatientDataStandsInTheLogs() {
    landTwoPatients();
    lake.transform();
    for (String table : new String[] {"silver", "views/names"}) {
      String log =
          lake.lake()
              .read(lake.lake().paths().at(table + "/_delta_log/00000000000000000000.json"))
              .orElseThrow();
      assertThat(log)
          .contains("numRecords")
          .doesNotContain("minValues\\\":{\\\"id")
          .doesNotContain("Bee")
          .doesNotContain("\\\"a\\\"");
    }
  }

  private void landTwoPatients() {
    landTwoPatients("e1", MONDAY);
  }

  private void landTwoPatients(String export, String time) {
    lake.export(export, time)
        .resource("Patient", "a", "1", MONDAY, patient("a", "1950", "One", "Two", "Three"))
        .resource("Patient", "b", "1", MONDAY, patient("b", "1960-02", "Bee"))
        .land();
  }

  private static String patient(String id, String born, String... families) {
    StringBuilder names = new StringBuilder();
    for (String family : families) {
      names.append(names.isEmpty() ? "" : ",").append("{\"family\":\"" + family + "\"}");
    }
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"birthDate\":\"%s\",\"name\":[%s]}"
        .formatted(id, born, names);
  }

  private String state(String view) {
    return lake.lake().read(lake.lake().paths().state("views/" + view + ".json")).orElseThrow();
  }

  private StructType schema(String view) {
    return TestLake.spark()
        .read()
        .format("delta")
        .load(lake.lake().paths().view(view).toString())
        .schema();
  }

  private String description(String view) {
    return lake.viewLog(view).snapshot().orElseThrow().description();
  }
}
