package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.transform.SecurityLabels.Binaries;
import io.epicfhir.transform.SecurityLabels.Label;
import io.epicfhir.transform.joined.JoinedResults;
import io.epicfhir.transform.joined.JoinedResults.Built;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A row of a joined table is marked if a row is that it was made from. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class MarkedJoinedTablesTest {
  private static final SecurityLabels MARK =
      new SecurityLabels(List.of(), List.of(new Label("", "R")), Binaries.ALL_LABELLED);

  /** Those that pass the mark on, and as it is wanted. */
  private static final Map<String, String> PASSING =
      new TreeMap<>(
          Map.of(
              "problem_of",
              """
              -- description: One row per problem
              -- depends: problem, person
              -- key: id
              SELECT k.id, k.code, p.family, coalesce(k.restricted OR p.restricted, false) AS restricted
              FROM problem AS k LEFT JOIN person AS p ON p.id = k.patient_id
              """,
              "through",
              """
              -- description: One row per problem, of a joined table and a lookup
              -- depends: problem_of AS k, lookup word (optional: code, text)
              SELECT k.id, w.text, k.restricted FROM k LEFT JOIN word AS w ON w.code = k.code
              """,
              "by_person",
              """
              -- description: One row per patient
              -- depends: person, problem
              WITH counted AS (
                SELECT patient_id, count(*) AS problems, bool_or(restricted) AS restricted FROM problem GROUP BY patient_id
              )
              SELECT p.id, c.problems, coalesce(p.restricted OR c.restricted, false) AS restricted
              FROM person AS p LEFT JOIN counted AS c ON c.patient_id = p.id
              """,
              "either",
              """
              -- description: One row per resource
              -- depends: person, problem
              SELECT id, restricted FROM person UNION ALL SELECT id, restricted FROM problem
              """,
              "healthy",
              """
              -- description: One row per patient without a problem: no row of problem has a part in one
              -- depends: person, problem
              SELECT id, restricted FROM person AS p
              WHERE family IS NOT NULL AND NOT EXISTS (SELECT 1 FROM problem AS k WHERE k.patient_id = p.id)
              """,
              "shared",
              """
              -- description: One row per problem and other problem of the patient
              -- depends: problem
              WITH x AS (SELECT * FROM problem), y AS (SELECT id, patient_id, restricted FROM x)
              SELECT a.id, b.id AS other, coalesce(a.restricted OR b.restricted, false) AS restricted
              FROM x AS a JOIN y AS b ON a.patient_id = b.patient_id AND a.id <> b.id
              """,
              "star",
              "-- description: x\n-- depends: person\nSELECT * FROM person WHERE coalesce(restricted, false) IN (true, false)",
              "total",
              """
              -- description: One row
              -- depends: problem
              SELECT 'all' AS id, count(*) AS n, coalesce(bool_or(restricted), false) AS restricted FROM problem
              """,
              "scalar",
              """
              -- description: One row per patient
              -- depends: person, problem
              SELECT p.id, p.restricted
                OR coalesce((SELECT bool_or(k.restricted) FROM problem AS k WHERE k.patient_id = p.id), false) AS restricted
              FROM person AS p
              """));

  /** What a WITH reads has no part in a row that is only ruled out by it. */
  private static final Map<String, String> RULED_OUT =
      Map.of(
          "well",
          "WITH sick AS (SELECT patient_id FROM problem) SELECT id, restricted FROM person AS p"
              + " WHERE NOT EXISTS (SELECT 1 FROM sick AS s WHERE s.patient_id = p.id)",
          "well_not_in",
          "WITH sick AS (SELECT patient_id FROM problem) SELECT id, restricted FROM person"
              + " WHERE id NOT IN (SELECT patient_id FROM sick)",
          "well_by_two",
          "WITH sick AS (SELECT * FROM problem), them AS (SELECT patient_id FROM sick)"
              + " SELECT id, restricted FROM person AS p"
              + " WHERE NOT EXISTS (SELECT 1 FROM them AS s WHERE s.patient_id = p.id)",
          "well_inside",
          "SELECT id, restricted FROM person AS p WHERE NOT EXISTS (WITH sick AS (SELECT patient_id"
              + " FROM problem) SELECT 1 FROM sick AS s WHERE s.patient_id = p.id)",
          "marked_too",
          "WITH x AS (SELECT * FROM problem), y AS (SELECT patient_id FROM x WHERE code = 'none')"
              + " SELECT id, restricted FROM x"
              + " WHERE NOT EXISTS (SELECT 1 FROM y WHERE y.patient_id = x.patient_id)");

  /** Those that do not, each with the tables whose marks get lost. */
  private static final Map<String, List<String>> LOSING =
      new TreeMap<>(
          Map.of(
              "nothing",
              List.of("SELECT id, code FROM problem", "problem"),
              "one_of_two",
              List.of(
                  "SELECT k.id, p.family, k.restricted FROM problem AS k JOIN person AS p ON p.id = k.patient_id",
                  "person"),
              "by_another_name",
              List.of("SELECT id, restricted AS secret FROM person", "person"),
              "constant",
              List.of("SELECT id, false AS restricted FROM person", "person"),
              "once_of_twice",
              List.of(
                  "SELECT a.id, b.code, a.restricted FROM problem AS a JOIN problem AS b ON a.patient_id = b.patient_id",
                  "problem"),
              "exists",
              List.of(
                  "SELECT id, restricted FROM person AS p WHERE EXISTS (SELECT 1 FROM problem AS k WHERE k.patient_id = p.id)",
                  "problem"),
              "told_by_absence",
              List.of(
                  "SELECT id, restricted, id NOT IN (SELECT patient_id FROM problem) AS is_healthy FROM person",
                  "problem"),
              "once_of_a_shared_part",
              List.of(
                  "WITH x AS (SELECT * FROM problem) SELECT a.id, b.code, a.restricted FROM x AS a JOIN x AS b ON a.patient_id = b.patient_id",
                  "problem"),
              "union_part",
              List.of(
                  "SELECT id, restricted FROM person UNION ALL SELECT id, false FROM problem",
                  "problem"),
              "counted",
              List.of(
                  "SELECT p.id, p.restricted, c.n FROM person AS p CROSS JOIN (SELECT count(*) AS n FROM problem) AS c",
                  "problem")));

  static {
    RULED_OUT.forEach(
        (name, sql) -> PASSING.put(name, "-- description: x\n-- depends: person, problem\n" + sql));
    LOSING.put(
        "with_ruled_out_and_shown",
        List.of(
            "WITH x AS (SELECT patient_id FROM problem) SELECT p.id, p.restricted FROM person AS p"
                + " JOIN x ON x.patient_id = p.id WHERE NOT EXISTS (SELECT 1 FROM x AS y"
                + " WHERE y.patient_id = p.id AND p.family IS NULL)",
            "problem"));
    LOSING.put(
        "with_of_a_with",
        List.of(
            "WITH x AS (SELECT patient_id FROM problem), y AS (SELECT patient_id FROM x)"
                + " SELECT p.id, p.restricted FROM person AS p JOIN y ON y.patient_id = p.id"
                + " WHERE p.id NOT IN (SELECT patient_id FROM x WHERE patient_id = 'p9')",
            "problem"));
  }

  @TempDir static Path folder;
  private static TestLake lake;
  private static TransformResult marked;

  @BeforeAll
  static void everythingOnce() {
    lake =
        new TestLake(folder)
            .labels(MARK)
            .view(
                "Patient",
                """
                {"resourceType": "ViewDefinition", "name": "person", "resource": "Patient",
                 "url": "https://example.org/person", "select": [{"column": [
                   {"name": "id", "path": "getResourceKey()"},
                   {"name": "family", "path": "name.first().family"}]}]}""")
            .view(
                "Condition",
                """
                {"resourceType": "ViewDefinition", "name": "problem", "resource": "Condition",
                 "select": [{"column": [
                   {"name": "id", "path": "getResourceKey()"},
                   {"name": "code", "path": "code.coding.first().code"},
                   {"name": "patient_id", "path": "subject.getReferenceKey(Patient)"}]}]}""");
    PASSING.forEach((name, sql) -> lake.sql(name + ".sql", sql));
    LOSING.forEach(
        (name, sql) ->
            lake.sql(
                name + ".sql",
                "-- description: x\n-- depends: person, problem\n-- key: id\n" + sql.get(0)));
    lake.sql("waiting.sql", "-- description: x\n-- depends: nothing AS n\nSELECT n.id FROM n");
    lake.sql(
        "words.sql",
        "-- description: x\n-- depends: lookup word (optional: code, text)\nSELECT code FROM word");
    lake.sql(
        "official.json",
        """
        {"resourceType": "Library", "name": "official", "description": "One row per patient",
         "type": {"coding": [{"code": "sql-view"}]},
         "relatedArtifact": [{"type": "depends-on", "resource": "https://example.org/person", "label": "p"}],
         "content": [{"contentType": "application/sql", "data": "%s"}]}"""
            .formatted(
                Base64.getEncoder()
                    .encodeToString(
                        "SELECT p.id, p.restricted FROM p".getBytes(StandardCharsets.UTF_8))));
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    resource(export, "Patient", "p1", "1", "R", "\"name\":[{\"family\":\"One\"}]");
    resource(export, "Patient", "p2", "1", "N", "\"name\":[{\"family\":\"Two\"}]");
    resource(export, "Patient", "p3", "1", "N", "\"name\":[{\"family\":\"Three\"}]");
    problem(export, "c1", "1", "N", "p1");
    problem(export, "c2", "1", "R", "p2");
    problem(export, "c3", "1", "N", "p2");
    problem(export, "c4", "1", "N", "none");
    export.land();
    marked = lake.run();
  }

  private static void problem(
      TestLake.Export to, String id, String version, String label, String patient) {
    resource(
        to,
        "Condition",
        id,
        version,
        label,
        "\"code\":{\"coding\":[{\"code\":\"c\"}]},\"subject\":{\"reference\":\"Patient/"
            + patient
            + "\"}");
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

  private static StructType columns(String table) {
    String json = lake.log("joined/" + table).snapshot().orElseThrow().schemaJson();
    return (StructType) DataType.fromJson(json);
  }

  private static List<String> marks(String table) {
    return lake.table("joined/" + table, "id", "restricted");
  }

  @Order(1)
  @Test
  void aRowIsMarkedIfAnyRowIsThatItWasMadeFrom() {
    List<String> problems = List.of("c1 true", "c2 true", "c3 false", "c4 false");
    assertThat(marks("problem_of")).isEqualTo(problems);
    assertThat(marks("through")).isEqualTo(problems);
    assertThat(marks("by_person")).containsExactly("p1 true", "p2 true", "p3 false");
    assertThat(lake.table("joined/total")).containsExactly("all 4 true");
    assertThat(marks("scalar")).containsExactly("p1 true", "p2 true", "p3 false");
    assertThat(marks("shared")).containsExactly("c2 true", "c3 true");
    assertThat(marks("either"))
        .containsExactly(
            "c1 false", "c2 true", "c3 false", "c4 false", "p1 true", "p2 false", "p3 false");
    for (String name : List.of("healthy", "well", "well_not_in", "well_by_two", "well_inside")) {
      assertThat(marks(name)).as(name).containsExactly("p3 false");
    }
    assertThat(marks("marked_too"))
        .isEqualTo(List.of("c1 false", "c2 true", "c3 false", "c4 false"));
    assertThat(marks("star")).containsExactly("p1 true", "p2 false", "p3 false");
    assertThat(marks("official")).containsExactly("p1 true", "p2 false", "p3 false");
    var column = columns("problem_of").apply("restricted");
    assertThat(column.dataType()).isEqualTo(DataTypes.BooleanType);
    assertThat(column.metadata().getString(ColumnMetadata.DESCRIPTION))
        .isEqualTo(
            "Whether a resource that the row was made from has a security label of the site's list");
    assertThat(columns("words").fieldNames()).as("a lookup has no labels").containsExactly("code");
  }

  @Order(1)
  @ParameterizedTest
  @ValueSource(
      strings = {
        "by_another_name",
        "constant",
        "counted",
        "exists",
        "nothing",
        "once_of_a_shared_part",
        "once_of_twice",
        "one_of_two",
        "told_by_absence",
        "union_part",
        "with_of_a_with",
        "with_ruled_out_and_shown"
      })
  void aTableThatLosesAMarkIsRefusedAndItsMessageSaysWhatToAdd(String name) {
    assertThat(marked.joined().joined().failed().get(name))
        .isEqualTo(
            "Joined table "
                + name
                + " keeps its last good rows. "
                + name
                + ".sql: it shows rows of "
                + LOSING.get(name).get(1)
                + " without their mark. Add the column restricted and pass on that of each table"
                + " that it reads: coalesce(a.restricted OR b.restricted, false) AS restricted;"
                + " where rows are grouped, bool_or(restricted). Write a join in place of IN or"
                + " EXISTS");
    assertThat(lake.log("joined/" + name).version()).isEmpty();
  }

  @Order(1)
  @Test
  void theOthersGoOn() {
    assertThat(marked.joined().joined().failed().keySet())
        .containsAll(LOSING.keySet())
        .contains("waiting")
        .hasSize(LOSING.size() + 1);
    assertThat(marked.joined().joined().done().keySet())
        .containsAll(PASSING.keySet())
        .contains("official", "words");
  }

  @Order(2)
  @Test
  void aLabelThatComesOnALaterNightMarksTheRowsOfItsKeys() {
    TestLake.Export export =
        lake.export("e2", "2026-01-02T00:00:00Z").since("2026-01-01T00:00:00Z");
    problem(export, "c3", "2", "R", "p2");
    problem(export, "c2", "2", "N", "p2");
    export.land();
    JoinedResults joined = lake.run().joined().joined();
    assertThat(joined.done().get("problem_of").built()).isEqualTo(Built.KEYS);
    assertThat(joined.done().get("problem_of").changed()).isEqualTo(2);
    List<String> problems = List.of("c1 true", "c2 false", "c3 true", "c4 false");
    assertThat(marks("problem_of")).isEqualTo(problems);
    assertThat(marks("through")).isEqualTo(problems);
  }

  /** Every SQL is the same as before; the column comes and goes with the policy. */
  @Order(3)
  @Test
  void withoutMarksNoTableHasTheColumnAndNoneIsRefused() {
    lake.labels(SecurityLabels.NONE);
    JoinedResults joined = lake.transform().joined().joined();
    for (String name : joined.done().keySet()) {
      boolean own = List.of("constant", "union_part").contains(name);
      if (!own) {
        assertThat(columns(name).fieldNames()).as(name).doesNotContain("restricted");
      }
    }
    assertThat(columns("constant").fieldNames()).containsExactly("id", "restricted");
    assertThat(lake.table("joined/by_person")).containsExactly("p1 1", "p2 2", "p3 null");
    assertThat(lake.table("joined/total"))
        .as("of the column that is not there")
        .containsExactly("all 4");
    assertThat(lake.table("joined/problem_of"))
        .containsExactly("c1 c One", "c2 c Two", "c3 c Two", "c4 c null");
    TestLake.Export export =
        lake.export("e3", "2026-01-03T00:00:00Z").since("2026-01-02T00:00:00Z");
    problem(export, "c4", "3", "N", "p3");
    export.land();
    assertThat(lake.transform().joined().joined().done().get("problem_of").built())
        .isEqualTo(Built.KEYS);
    assertThat(lake.table("joined/problem_of")).contains("c4 c Three").hasSize(4);

    lake.labels(MARK);
    JoinedResults again = lake.run().joined().joined();
    assertThat(again.failed().keySet()).containsAll(LOSING.keySet());
    assertThat(marks("problem_of")).containsExactly("c1 true", "c2 false", "c3 true", "c4 false");
  }
}
