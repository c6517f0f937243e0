package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.joined.JoinedResults;
import io.epicfhir.transform.joined.JoinedResults.Built;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Where a site marks nothing, {@code restricted} in its SQL means what it says there. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class UnmarkedJoinedTablesTest {
  private static final String BY_PERSON =
      "SELECT p.id, c.n, coalesce(p.restricted OR c.restricted, false) AS restricted FROM person AS p"
          + " LEFT JOIN (SELECT patient_id, count(*) AS n, bool_or(restricted) AS restricted"
          + " FROM problem GROUP BY patient_id) AS c ON c.patient_id = p.id";

  /** SQL that is whole without the column restricted of its tables. */
  private static final Map<String, String> OWN =
      new TreeMap<>(
          Map.of(
              "own_case",
              "-- key: id\nSELECT id, label = 'R' AS restricted, CASE WHEN restricted THEN NULL ELSE code END AS code FROM problem",
              "own_group",
              "SELECT label = 'R' AS restricted, count(*) AS n FROM problem GROUP BY restricted",
              "own_star",
              "WITH c AS (SELECT x.*, label = 'R' AS restricted FROM problem AS x) SELECT id, restricted FROM c",
              "own_having",
              "SELECT patient_id AS id, max(label) = 'R' AS restricted FROM problem GROUP BY patient_id HAVING restricted",
              "of_lookup",
              "SELECT k.id, restricted FROM problem AS k LEFT JOIN word AS w ON w.code = k.code"));

  /** SQL that needs the column of its tables, and adds something of its own. */
  private static final Map<String, String> MORE =
      new TreeMap<>(
          Map.of(
              "more_value",
              "SELECT id, coalesce(restricted OR label = 'R', false) AS restricted FROM problem",
              "more_count",
              "SELECT patient_id AS id, coalesce(bool_or(restricted), false) OR count(*) > 1 AS restricted FROM problem GROUP BY patient_id",
              "more_exists",
              "SELECT id, coalesce(restricted OR EXISTS (SELECT 1 FROM problem AS k WHERE k.patient_id = p.id AND k.label = 'R'), false) AS restricted FROM person AS p",
              "more_union",
              "SELECT id, restricted FROM person UNION ALL SELECT id, true FROM problem WHERE label = 'R'",
              "more_lookup",
              "SELECT k.id, k.restricted OR w.restricted = 'yes' AS restricted FROM problem AS k LEFT JOIN word AS w ON w.code = k.code"));

  /** SQL whose column is made of nothing else. */
  private static final Map<String, String> ONLY =
      new TreeMap<>(
          Map.of(
              "only_case",
              "SELECT id, CASE WHEN restricted THEN true ELSE false END AS restricted FROM problem",
              "only_nvl",
              "SELECT id, nvl(restricted, false) IS TRUE AS restricted FROM problem",
              "only_max",
              "SELECT id, max(restricted) OVER (PARTITION BY patient_id) AS restricted FROM problem",
              "only_alias",
              "SELECT t.id, if(t.restricted, true, false) AS restricted FROM (SELECT * FROM person) AS t(id, family, key, restricted)",
              "only_like_a_column",
              "SELECT code.id, code.restricted AND code.label = 'R' AS restricted FROM problem AS code"));

  /** Statements that say which keys are touched: each asks all tables, in its own words. */
  private static final Map<String, String> TOUCHED =
      new TreeMap<>(
          Map.of(
              "touched_by_own",
              "SELECT id FROM (SELECT patient_id AS id, label IN ('N', 'R') AS restricted, restricted AS also FROM changed) AS c WHERE also",
              "touched_by_column",
              "SELECT patient_id FROM changed WHERE NOT coalesce(restricted, false)"));

  @TempDir static Path folder;
  private static TestLake lake;
  private static JoinedResults first;

  @BeforeAll
  static void everythingOnce() {
    lake =
        new TestLake(folder)
            .view(
                "Patient",
                """
                {"resourceType": "ViewDefinition", "name": "person", "resource": "Patient",
                 "select": [{"column": [
                   {"name": "id", "path": "getResourceKey()"},
                   {"name": "family", "path": "name.first().family"}]}]}""")
            .view(
                "Condition",
                """
                {"resourceType": "ViewDefinition", "name": "problem", "resource": "Condition",
                 "select": [{"column": [
                   {"name": "id", "path": "getResourceKey()"},
                   {"name": "code", "path": "code.coding.first().code"},
                   {"name": "label", "path": "meta.security.first().code"},
                   {"name": "patient_id", "path": "subject.getReferenceKey(Patient)"}]}]}""");
    for (Map<String, String> some : List.of(OWN, MORE, ONLY)) {
      some.forEach(
          (name, sql) ->
              lake.sql(
                  name + ".sql",
                  "-- description: x\n-- depends: person, problem, lookup word (optional: code, restricted)\n"
                      + sql));
    }
    TOUCHED.forEach(
        (name, sql) -> {
          String head = "-- description: x\n-- depends: person, problem\n-- key: id\n";
          String touched = "-- touched by problem: " + sql + "\n";
          lake.sql(name + ".sql", head + touched + BY_PERSON);
          lake.sql(
              name + "_alone.sql",
              head
                  + touched
                  + "SELECT p.id, (SELECT count(*) FROM problem AS k WHERE k.patient_id = p.id) AS n FROM person AS p");
        });
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    for (String id : List.of("p1", "p2")) {
      resource(export, "Patient", id, "1", "N", "\"name\":[{\"family\":\"x\"}]");
    }
    problem(export, "c1", "1", "N", "p1");
    problem(export, "c2", "1", "R", "p2");
    problem(export, "c3", "1", "N", "p2");
    export.land();
    first = lake.transform().joined().joined();
  }

  private static void problem(
      TestLake.Export to, String id, String version, String label, String patient) {
    resource(
        to,
        "Condition",
        id,
        version,
        label,
        "\"code\":{\"coding\":[{\"code\":\"x\"}]},\"subject\":{\"reference\":\"Patient/%s\"}"
            .formatted(patient));
  }

  private static void resource(
      TestLake.Export to, String type, String id, String version, String label, String body) {
    to.resource(
        type,
        id,
        version,
        "2026-01-0" + version + "T00:00:00Z",
        "{\"resourceType\":\"%s\",\"id\":\"%s\",\"meta\":{\"security\":[{\"code\":\"%s\"}]},%s}"
            .formatted(type, id, label, body));
  }

  private static List<String> rows(String table) {
    return lake.table("joined/" + table);
  }

  private static List<String> columns(String table) {
    String json = lake.log("joined/" + table).snapshot().orElseThrow().schemaJson();
    return Arrays.asList(((StructType) DataType.fromJson(json)).fieldNames());
  }

  @Order(1)
  @Test
  void sqlThatIsWholeByItselfKeepsItsMeaning() {
    assertThat(first.failed()).isEmpty();
    assertThat(rows("own_case")).containsExactly("c1 false x", "c2 true null", "c3 false x");
    assertThat(rows("own_group")).containsExactlyInAnyOrder("false 2", "true 1");
    assertThat(rows("own_star")).containsExactly("c1 false", "c2 true", "c3 false");
    assertThat(rows("own_having")).containsExactly("p2 true");
    assertThat(rows("of_lookup")).containsExactly("c1 null", "c2 null", "c3 null");
  }

  @Order(1)
  @Test
  void aColumnWithACriterionOfItsOwnStays() {
    assertThat(rows("more_value")).containsExactly("c1 false", "c2 true", "c3 false");
    assertThat(rows("more_count")).containsExactly("p1 false", "p2 true");
    assertThat(rows("more_exists")).containsExactly("p1 false", "p2 true");
    assertThat(rows("more_union")).containsExactlyInAnyOrder("c2 true", "p1 null", "p2 null");
    assertThat(columns("more_lookup")).containsExactly("id", "restricted");
  }

  @Order(1)
  @Test
  void aColumnThatIsMadeOfNothingElseIsDropped() {
    ONLY.keySet().forEach(name -> assertThat(columns(name)).as(name).containsExactly("id"));
    assertThat(rows("only_max")).containsExactly("c1", "c2", "c3");
    assertThat(rows("touched_by_own")).containsExactly("p1 1", "p2 2");
  }

  @Order(2)
  @Test
  void soItIsOnALaterNightAndInStatementsOfTouchedKeys() {
    TestLake.Export export =
        lake.export("e2", "2026-01-02T00:00:00Z").since("2026-01-01T00:00:00Z");
    problem(export, "c3", "2", "R", "p2");
    problem(export, "c4", "2", "N", "p1");
    export.land();
    JoinedResults second = lake.transform().joined().joined();

    assertThat(second.failed()).isEmpty();
    assertThat(second.done().get("own_case").built()).isEqualTo(Built.KEYS);
    assertThat(rows("own_case"))
        .containsExactly("c1 false x", "c2 true null", "c3 true null", "c4 false x");
    assertThat(rows("more_count")).containsExactly("p1 true", "p2 true");
    for (String name : TOUCHED.keySet()) {
      assertThat(second.done().get(name).built()).as(name).isNotEqualTo(Built.WHOLE);
      assertThat(rows(name)).as(name).containsExactly("p1 2", "p2 2");
      assertThat(rows(name + "_alone")).as(name).containsExactly("p1 2", "p2 2");
    }
  }
}
