package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.transform.delta.DeletionVectors;
import io.epicfhir.transform.delta.TableSignature;
import io.epicfhir.transform.joined.JoinedResults;
import io.epicfhir.transform.joined.JoinedResults.Built;
import io.epicfhir.transform.lookups.Lookups;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Joined tables are what their SQL gives of views and lookups, each by itself. */
final class JoinedTablesTest {
  static final String REQUESTS =
      """
      {"resourceType": "ViewDefinition", "name": "request", "resource": "MedicationRequest",
       "url": "https://example.org/ViewDefinition/all-requests",
       "select": [{"column": [
         {"name": "id", "path": "getResourceKey()"},
         {"name": "status", "path": "status", "description": "How it stands"},
         {"name": "drug", "path": "medication.ofType(Reference).getReferenceKey(Medication)"}]}]}
      """;

  static final String DRUGS =
      """
      {"resourceType": "ViewDefinition", "name": "drug", "resource": "Medication",
       "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]},
                  {"forEachOrNull": "code.coding", "column": [{"name": "code", "path": "code"}]}]}
      """;

  static final String ORDERS =
      """
      -- title: Orders
      -- description: One row per order and code of the drug
      -- question: Who got what?
      -- depends: request, drug, lookup ingredient (optional)
      -- key: order_id
      -- touched by drug: SELECT request.id FROM request JOIN changed ON request.drug = changed.id
      -- column order_id: The order
      -- index: drug_code
      SELECT request.id AS order_id, request.status, drug.code AS drug_code,
             ingredient.target_code AS ingredient
      FROM request
      LEFT JOIN drug ON drug.id = request.drug
      LEFT JOIN ingredient ON ingredient.source_code = drug.code
      """;

  private static final String MAP =
      """
      {"resourceType": "ConceptMap", "url": "https://example.org/ConceptMap/ingredient",
       "group": [{"source": "s", "target": "t", "element": [
         {"code": "c1", "target": [{"code": "%s", "equivalence": "wider"}]}]}]}
      """;

  private static final PreparedLake PREPARED = new PreparedLake();

  @TempDir private Path folder;
  private TestLake lake;
  private final DrugNights nights = new DrugNights(1);

  /** Orders a, b of the drugs m1, m2; c of none. */
  @BeforeEach
  void makeLake() {
    PREPARED.copyTo(
        folder,
        made -> {
          lake = defined(made);
          TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
          request(export, "a", "active", "m1");
          request(export, "b", "active", "m2");
          request(export, "c", "active", null);
          drug(export, "m1", "c1");
          drug(export, "m2", "c2");
          export.land();
          lake.transform();
        });
    lake = defined(folder);
  }

  @AfterAll
  static void removeLake() {
    PREPARED.close();
  }

  private static TestLake defined(Path root) {
    return new TestLake(root)
        .view("MedicationRequest", REQUESTS)
        .view("Medication", DRUGS)
        .sql("orders.sql", ORDERS);
  }

  private TestLake.Export nextNight() {
    return nights.next(lake);
  }

  private TestLake.Export request(TestLake.Export to, String id, String status, String drug) {
    return nights.request(to, id, status, drug);
  }

  private TestLake.Export drug(TestLake.Export to, String id, String code) {
    return nights.drug(to, id, code, "x");
  }

  private JoinedResults.Done orders(TransformResult result) {
    return result.joined().joined().done().get("orders");
  }

  @Test
  void aTableHasItsColumnsMeaningsAndSignatureLikeAView() {
    assertThat(lake.table("joined/orders"))
        .containsExactly("a active c1 null", "b active c2 null", "c active null null");
    TableSnapshot table = lake.log("joined/orders").snapshot().orElseThrow();
    assertThat(table.version()).isZero();
    assertThat(table.description())
        .isEqualTo("Orders\nOne row per order and code of the drug\nWho got what?");
    assertThat(table.configuration()).containsEntry("delta.dataSkippingNumIndexedCols", "0");
    StructType columns = (StructType) DataType.fromJson(table.schemaJson());
    assertThat(columns.fieldNames())
        .containsExactly("order_id", "status", "drug_code", "ingredient");
    assertThat(columns.apply("order_id").metadata().getString(ColumnMetadata.DESCRIPTION))
        .isEqualTo("The order");
    assertThat(columns.apply("status").metadata().getString(ColumnMetadata.DESCRIPTION))
        .as("taken over from the view")
        .isEqualTo("How it stands");
    assertThat(columns.apply("status").metadata().getString(ColumnMetadata.FHIR_TYPE))
        .isEqualTo("code");
    assertThat(columns.apply("drug_code").metadata().getBoolean(ColumnMetadata.INDEX)).isTrue();
    assertThat(TableSignature.isOurs(lake.log("joined/orders").info(0).orElseThrow())).isTrue();
  }

  @Test
  void whatDidNotChangeIsNotBuilt() {
    TransformResult result = lake.transform();
    assertThat(orders(result).built()).isEqualTo(Built.NONE);
    assertThat(orders(result).seconds()).isLessThan(1);
    assertThat(lake.log("joined/orders").version()).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource(
      value = DeletionVectors.class,
      names = {"OFF", "ON"})
  void aChangedDrugReplacesTheRowsOfItsOrdersOnly(DeletionVectors writing) {
    lake.writing(writing);
    drug(nextNight(), "m1", "c9").land();
    TransformResult result = lake.transform();
    assertThat(lake.table("joined/orders"))
        .containsExactly("a active c9 null", "b active c2 null", "c active null null");
    assertThat(orders(result).built()).isEqualTo(Built.KEYS);
    assertThat(orders(result).touched()).isEqualTo(1);
    assertThat(orders(result).changed()).isEqualTo(1);
    assertThat(orders(result).state().rows()).isEqualTo(3);
    // Once more, of a table some of whose rows may be marked by now.
    drug(nextNight(), "m1", "c1").land();
    assertThat(orders(lake.transform()).changed()).isEqualTo(1);
    assertThat(lake.table("joined/orders")).contains("a active c1 null").hasSize(3);
  }

  /** Keys that equal each other in SQL and not in Java are compared by Spark. */
  @ParameterizedTest
  @ValueSource(strings = {"DECIMAL(9,2)", "DOUBLE", "BOOLEAN"})
  void keysOfAnyTypeAreReplaced(String type) {
    String key = "CAST(ascii(%s) - ascii('a') AS " + type + ")";
    lake.sql(
        "orders.sql",
        ORDERS
            .replace(
                "key: order_id",
                "key: n\n-- touched by request: SELECT " + key.formatted("id") + " FROM changed")
            .replace("SELECT request.id FROM", "SELECT " + key.formatted("request.id") + " FROM")
            .replace(
                "SELECT request.id AS",
                "SELECT " + key.formatted("request.id") + " AS n, request.id AS"));
    lake.transform();
    TestLake.Export export = nextNight();
    request(export, "a", "stopped", "m2");
    export.delete("MedicationRequest/b").land();

    TransformResult result = lake.transform();

    assertThat(orders(result).built()).isEqualTo(Built.KEYS);
    assertThat(lake.table("joined/orders"))
        .extracting(row -> row.substring(row.indexOf(' ') + 1))
        .containsExactlyInAnyOrder("a stopped c2 null", "c active null null");
  }

  @Test
  void ordersThatComeMoveAndGoAreFoundByTheKeyItself() {
    TestLake.Export export = nextNight();
    request(export, "a", "stopped", "m2");
    request(export, "d", "active", "m1");
    export.delete("MedicationRequest/b").land();
    TransformResult result = lake.transform();
    assertThat(lake.table("joined/orders"))
        .containsExactly("a stopped c2 null", "c active null null", "d active c1 null");
    assertThat(orders(result).built()).isEqualTo(Built.KEYS);
    assertThat(orders(result).changed()).isEqualTo(3);
  }

  @Test
  void aKeyThatIsTouchedButHasTheSameRowsMakesNoCommit() {
    // The view of drugs changes, the code that the orders read does not.
    nextNight()
        .resource(
            "Medication",
            "m1",
            "2",
            nights.time(),
            "{\"resourceType\":\"Medication\",\"id\":\"m1\",\"code\":{\"coding\":"
                + "[{\"code\":\"c1\"}]},\"status\":\"active\"}")
        .land();
    lake.view(
        "Medication",
        DRUGS.replace(
            "getResourceKey()\"}]",
            "getResourceKey()\"}, {\"name\": \"status\", \"path\": \"status\"}]"));
    TransformResult result = lake.transform();
    assertThat(orders(result).built()).as("another column: whole").isEqualTo(Built.NONE);
    nextNight()
        .resource(
            "Medication",
            "m1",
            "3",
            nights.time(),
            "{\"resourceType\":\"Medication\",\"id\":\"m1\",\"code\":{\"coding\":"
                + "[{\"code\":\"c1\"}]},\"status\":\"inactive\"}")
        .land();
    result = lake.transform();
    assertThat(orders(result).touched()).isEqualTo(1);
    assertThat(orders(result).built()).isEqualTo(Built.NONE);
    assertThat(lake.log("joined/orders").version()).hasValue(0);
  }

  @Test
  void aLookupThatAppearsChangesAndGoesReachesTheTable() {
    lake.lookup("ingredient.json", MAP.formatted("i1"));
    TransformResult result = lake.transform();
    assertThat(orders(result).built()).isEqualTo(Built.WHOLE);
    assertThat(lake.table("joined/orders")).contains("a active c1 i1");
    assertThat(lake.table("lookups/ingredient"))
        .containsExactly("s c1 t i1 source-is-narrower-than-target");
    assertThat(lake.transform().joined().lookups().done().get("ingredient").rebuilt()).isFalse();
    lake.lookup("ingredient.json", MAP.formatted("i2"));
    lake.transform();
    assertThat(lake.table("joined/orders")).contains("a active c1 i2");
    // Half of it: the last good one stays, and the table goes on with it.
    lake.lookup("ingredient.json", MAP.formatted("i3").substring(0, 150));
    request(nextNight(), "b", "stopped", "m2").land();
    result = lake.run();
    assertThat(result.problems())
        .singleElement()
        .asString()
        .startsWith(
            "Lookup ingredient keeps its last good table. ingredient.json:3: this is not valid JSON");
    assertThat(lake.table("joined/orders")).contains("a active c1 i2", "b stopped c2 null");
    lake.lookup("ingredient.json", null);
    assertThat(lake.transform().joined().unknown()).containsExactly("lookups/ingredient");
    assertThat(lake.table("joined/orders")).contains("a active c1 null");
  }

  /** Rows of two contents of a lookup must not be side by side in one table. */
  @Test
  void aLookupWhoseRunWasKilledIsOneContentInTheTable() throws IOException {
    String both =
        """
        {"resourceType": "ConceptMap", "group": [{"source": "s", "target": "t", "element": [
           {"code": "c1", "target": [{"code": "%1$s", "equivalence": "wider"}]},
           {"code": "c2", "target": [{"code": "%1$s", "equivalence": "wider"}]}]}]}
        """;
    lake.lookup("ingredient.json", both.formatted("A"));
    lake.transform();
    Path state = folder.resolve("state/lookups/ingredient.json");
    String before = Files.readString(state);
    lake.lookup("ingredient.json", both.formatted("B"));
    new Lookups(
            TestLake::spark,
            lake.lake(),
            Optional.of(folder.resolve("lookups-conf")),
            Optional.empty())
        .bringUpToDate();
    Files.writeString(state, before);

    lake.lookup("ingredient.json", both.formatted("A"));
    request(nextNight(), "b", "stopped", "m2").land();
    lake.transform();

    assertThat(lake.table("joined/orders"))
        .containsExactly("a active c1 A", "b stopped c2 A", "c active null null");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"table\": \"or", "{\"a\": 1}"})
  void aStateThatCannotBeReadRebuildsItsTableOnly(String text) throws IOException {
    Files.writeString(folder.resolve("state/joined/orders.json"), text);
    request(nextNight(), "b", "stopped", "m2").land();
    TransformResult result = lake.transform();
    assertThat(orders(result).built()).isEqualTo(Built.WHOLE);
    assertThat(lake.table("joined/orders")).contains("a active c1 null", "b stopped c2 null");
    assertThat(result.joined().joined().changed())
        .isEqualTo(Map.of("orders", "its state could not be read"));
  }

  @Test
  void aStateOfANewerPipelineStopsItsTableOnly() throws IOException {
    Path state = folder.resolve("state/joined/orders.json");
    String newer =
        Files.readString(state).replace("\"schema_version\" : 1", "\"schema_version\" : 2");
    Files.writeString(state, newer);
    request(nextNight(), "b", "stopped", "m2").land();
    assertThat(lake.run().problems())
        .singleElement()
        .asString()
        .startsWith("Joined table orders keeps its last good rows.")
        .contains("a newer version of the pipeline wrote");
    assertThat(lake.table("joined/orders")).contains("b active c2 null");
    assertThat(lake.rows("request")).anyMatch(row -> row.startsWith("b stopped"));
  }

  @Test
  void anotherDefinitionBuildsTheTableAnew() {
    lake.sql("orders.sql", ORDERS.replace("request.status,", "upper(request.status) AS status,"));
    assertThat(orders(lake.transform()).built()).isEqualTo(Built.WHOLE);
    assertThat(lake.table("joined/orders")).contains("a ACTIVE c1 null");
    lake.sql("orders.sql", ORDERS.replace("Who got what?", "Who got it?"));
    assertThat(orders(lake.transform()).built()).isEqualTo(Built.WHOLE);
    assertThat(orders(lake.rebuildViews("orders")).built())
        .as("asked for, and the same")
        .isEqualTo(Built.WHOLE);
  }

  @Test
  void whatSomebodyElseDidToItIsUndone() {
    lake.somebody("joined/orders", "DELETE FROM %s WHERE order_id = 'a'");
    TransformResult result = lake.transform();
    assertThat(lake.table("joined/orders")).hasSize(3);
    assertThat(result.joined().joined().changed().get("orders")).contains("commit 1 (DELETE)");
  }

  @Test
  void aTableOnATableFollowsItAndATableWithoutAKeyIsBuiltWhole() {
    lake.sql(
        "a_count.sql",
        """
        -- description: One row per code
        -- depends: orders AS o
        SELECT drug_code, count(*) AS orders FROM o GROUP BY drug_code
        """);
    lake.transform();
    assertThat(lake.table("joined/a_count")).containsExactly("c1 1", "c2 1", "null 1");
    drug(nextNight(), "m1", "c2").land();
    TransformResult result = lake.transform();
    assertThat(lake.table("joined/a_count")).containsExactly("c2 2", "null 1");
    assertThat(result.joined().joined().done().get("a_count").built()).isEqualTo(Built.WHOLE);
    request(nextNight(), "a", "stopped", "m1").land();
    result = lake.transform();
    assertThat(result.joined().joined().done().get("a_count").built())
        .as("its dependency changed, its rows did not")
        .isEqualTo(Built.NONE);
    assertThat(lake.log("joined/a_count").version()).hasValue(1);
  }

  @Test
  void aFailureStopsItsOwnTableAndThoseThatReadIt() {
    lake.sql(
            "broken.sql",
            "-- description: x\n-- depends: request\nSELECT id, 1 / 0 AS x FROM request\n")
        .sql("after.sql", "-- description: x\n-- depends: broken\nSELECT id FROM broken\n")
        .sql("typo.sql", "-- description: x\n-- depends: request\nSELECT ident\nFROM request\n")
        .sql("gone.sql", "-- description: x\n-- depends: nothing_such\nSELECT 1 AS x\n")
        .sql("circle1.sql", "-- description: x\n-- depends: circle2\nSELECT id FROM circle2\n")
        .sql("circle2.sql", "-- description: x\n-- depends: circle1\nSELECT id FROM circle1\n")
        .sql("drug.sql", "-- description: x\n-- depends: request\nSELECT id FROM request\n");
    drug(nextNight(), "m1", "c9").land();
    TransformResult result = lake.run();
    assertThat(lake.table("joined/orders")).contains("a active c9 null");
    Map<String, String> failed = result.joined().joined().failed();
    assertThat(failed)
        .containsOnlyKeys("broken", "after", "typo", "gone", "circle1", "circle2", "drug");
    assertThat(result.problems()).hasSize(7);
    assertThat(failed.get("broken"))
        .isEqualTo(
            "Joined table broken keeps its last good rows. broken.sql:3: Spark failed with"
                + " DIVIDE_BY_ZERO: try_divide returns null instead");
    assertThat(failed.get("after")).contains("It needs broken");
    assertThat(failed.get("typo")).contains("typo.sql:3: ", "ident");
    assertThat(failed.get("gone"))
        .contains("gone.sql: there is no view or joined table nothing_such");
    assertThat(failed.get("circle1")).contains("circle1.sql: it depends on itself: circle");
    assertThat(failed.get("drug")).contains("a view has the name drug");
    assertThat(folder.resolve("joined/broken")).doesNotExist();
    lake.sql("broken.sql", "-- description: x\n-- depends: request\nSELECT id FROM request\n");
    assertThat(lake.run().joined().joined().done()).containsKeys("broken", "after");
  }

  @Test
  void anErrorOfSparkStopsItsOwnTableAndThoseThatReadIt() {
    // As Spark does over a plan that is too deep for its stack.
    lake.sparkEndsIn(StackOverflowError::new);
    lake.sql("z.sql", "-- description: x\n-- depends: orders\nSELECT order_id FROM orders\n");
    request(nextNight(), "a", "stopped", "m1").land();
    TransformResult result = lake.run();
    assertThat(result.joined().joined().failed().get("orders"))
        .isEqualTo(
            "Joined table orders keeps its last good rows. orders.sql: it failed with"
                + " java.lang.StackOverflowError; see the task's log");
    assertThat(result.joined().joined().failed().get("z")).contains("It needs orders");
    assertThat(lake.rows("request")).as("views are up to date").contains("a stopped m1");
  }

  @Test
  void whatARunCommittedAndCouldNotNoteIsNotTakenForTheStateBefore() {
    var state = lake.lake().paths().state("joined/orders.json");
    String before = lake.lake().read(state).orElseThrow();
    lake.sql("orders.sql", ORDERS.replace("request.status,", "upper(request.status) AS status,"));
    lake.transform();
    assertThat(lake.table("joined/orders")).contains("a ACTIVE c1 null");
    // As if that run had been killed behind its commit, and the file put back as it was.
    lake.lake().write(state, before);
    lake.sql("orders.sql", ORDERS);
    lake.transform();
    assertThat(lake.table("joined/orders"))
        .containsExactly("a active c1 null", "b active c2 null", "c active null null");
    assertThat(orders(lake.transform()).built()).isEqualTo(Built.NONE);
  }

  @Test
  void aTableWaitsForAViewThatWasRefused() {
    lake.refuse("drug");
    request(nextNight(), "a", "stopped", "m1").land();
    TransformResult result = lake.run();
    assertThat(result.joined().joined().failed().get("orders"))
        .isEqualTo(
            "Joined table orders keeps its last good rows. It needs drug, which this run could"
                + " not bring up to date");
    assertThat(lake.table("joined/orders")).contains("a active c1 null");
  }

  @Test
  void aLibraryOfTheSpecificationNamesItsTablesByUrl() {
    String sql =
        Base64.getEncoder()
            .encodeToString(
                "SELECT r.id, o.drug_code FROM r JOIN o ON o.order_id = r.id"
                    .getBytes(StandardCharsets.UTF_8));
    lake.sql(
        "library.json",
        """
        {"resourceType": "Library", "name": "OrderCodes", "status": "active",
         "type": {"coding": [{"code": "sql-view"}]},
         "relatedArtifact": [
           {"type": "depends-on", "label": "r",
            "resource": "https://example.org/ViewDefinition/all-requests|1.0"},
           {"type": "depends-on", "label": "o", "resource": "https://example.org/Library/orders"}],
         "content": [{"contentType": "application/sql;dialect=postgresql", "data": "AAAA"},
                     {"contentType": "application/sql", "data": "%s"}]}
        """
            .formatted(sql));
    lake.transform();
    assertThat(lake.table("joined/OrderCodes")).containsExactly("a c1", "b c2", "c null");
  }

  @Test
  void severalNightsAndAFailedOneBetweenAreCaughtUpByKey() {
    drug(nextNight(), "m1", "c7").land();
    lake.refuse("drug");
    lake.run();
    lake = defined(folder);
    request(nextNight(), "b", "stopped", "m1").land();
    drug(nextNight(), "m2", "c8").land();
    TransformResult result = lake.run(new RebuildRequest(Set.of(), Set.of(), Set.of(), Map.of()));
    assertThat(orders(result).built()).isEqualTo(Built.KEYS);
    assertThat(lake.table("joined/orders"))
        .isEqualTo(List.of("a active c7 null", "b stopped c7 null", "c active null null"));
  }
}
