package io.epicfhir.load.postgres.state;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.Sha256;
import io.epicfhir.load.LoadRun;
import io.epicfhir.load.ViewTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lake's audit log in PostgreSQL, and what happens when the two are no longer one. */
class AuditCopyTest {
  /** The number and hash of each record, and whether they are what the record itself says. */
  private static final String CHAIN =
      """
      SELECT number, sha256, (record::jsonb ->> 'number')::bigint = number
        AND encode(sha256(convert_to(record, 'UTF8')), 'hex') = sha256
        AND record::jsonb ->> 'previous'
          = coalesce(lag(sha256) OVER (ORDER BY number), repeat('0', 64))
      FROM {}_state.audit ORDER BY number""";

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aLoad() throws Exception {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
  }

  private Path file(int number) {
    return load.lake().resolve("audit/%010d.json".formatted(number));
  }

  @Test
  void eachLoadBringsBothItsRecordsAndThoseOfTheTasksBeforeIt() throws Exception {
    assertThat(load.run()).isZero();

    assertThat(load.query(CHAIN)).hasSize(4).allMatch(row -> row.endsWith("|t"));
    assertThat(load.query(CHAIN).get(3)).startsWith("4|");
    assertThat(
            load.query(
                """
                SELECT record::jsonb ->> 'status', record::jsonb ->> 'exit_code'
                FROM {}_state.audit ORDER BY number"""))
        .containsExactly("started|null", "success|0", "started|null", "success|0");
    assertThat(load.query("SELECT record::jsonb ->> 'destination' FROM {}_state.audit").get(0))
        .matches("127\\.0\\.0\\.1:\\d+/postgres schema " + load.schema());
    assertThat(load.report().at("/result").has("warnings")).isFalse();

    // The queries of the documentation.
    String[] parts = Files.readString(Path.of("../docs/audit.md")).split("```sql|```");
    assertThat(parts).hasSize(5);
    String state = load.schema() + "_state.audit";
    assertThat(load.query(parts[1].replace("fhir_pipeline.audit", state).replace(";", "")))
        .hasSize(4);
    assertThat(load.query(parts[3].replace("fhir_pipeline.audit", state).replace(";", "")))
        .isEmpty();
  }

  @Test
  void aLoadThatFailsIsThereAsWell() throws Exception {
    load.with("reader-role", load.schema() + "_nobody");
    assertThat(load.run()).isEqualTo(2);
    assertThat(
            load.query("SELECT record::jsonb ->> 'exit_code' FROM {}_state.audit WHERE number = 4"))
        .containsExactly("2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cut off", "rewritten", "removed"})
  void whatWasDoneToTheLakesLogIsToldAndTheCopyKeepsWhatWas(String how) throws Exception {
    List<String> before = load.query(CHAIN);
    switch (how) {
      case "cut off" -> Files.delete(file(2));
      case "rewritten" -> rewrite();
      default -> removeAll();
    }

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/warnings/0").asText())
        .startsWith(
            "The lake's audit log does not match its copy in " + load.schema() + "_state.audit")
        .contains("record 2 is missing or different", "python -m epic_fhir.audit");
    assertThat(load.query("SELECT number, sha256, true FROM {}_state.audit ORDER BY copied_at"))
        .startsWith(before.toArray(String[]::new));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/warnings")).as("by each try of the run").hasSize(1);
    assertThat(load.inRun("next").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).as("once is enough").isFalse();
  }

  /** The record of its end finds it; the first run that has a report of tables tells it. */
  @Test
  void whatARunFoundThatLookedAtNothingIsToldByTheNextOne() throws Exception {
    Files.delete(file(2));

    assertThat(load.run("--views", "nobody")).isEqualTo(2);
    assertThat(load.run("--views", "nobody")).isEqualTo(2);

    assertThat(load.inRun("next").run()).isZero();
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).contains("record 2 is missing or different"));
    assertThat(load.inRun("last").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).isFalse();
  }

  /** An erasure has no page: what its load finds is for the next night's. */
  @Test
  void whatTheLoadOfAnErasureFindsIsToldByARunThatHasAPage() throws Exception {
    Files.delete(file(2));
    load.execute("DELETE FROM {}.a WHERE id = 'r1'");

    assertThat(load.inRun("erasure").run("--mode", "unjudged")).isZero();
    assertThat(load.inRun("erasure").run("--mode", "unjudged")).as("cleared").isZero();

    assertThat(load.inRun("night").run()).isZero();
    assertThat(load.report().at("/result/warnings").toString())
        .contains("record 2 is missing or different", "Someone else changed");
    assertThat(load.report().at("/result/warnings")).hasSize(2);
    assertThat(load.inRun("last").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).as("once is enough").isFalse();
  }

  @Test
  void whatARunFoundWhoseReportCouldNotBeWrittenIsToldByTheNextOne() throws Exception {
    Files.delete(file(2));
    Files.writeString(load.lake().resolve("metrics/d/full"), "no folder");

    assertThat(load.inRun("full").run()).isEqualTo(6);

    assertThat(load.inRun("next").run()).isZero();
    assertThat(load.report().at("/result/warnings").toString())
        .contains("record 2 is missing or different");
  }

  /** It had copied the new log, and put the trigger back; its report was never written. */
  @ParameterizedTest
  @ValueSource(strings = {"r", "next"})
  void whatAKilledRunFoundIsToldByTheNextOne(String run) throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(5, "new"));
    Files.delete(file(2));
    load.execute("DROP TRIGGER append_only ON {}_state.audit");
    Process killed =
        load.start(List.of("-Xmx768m"), List.of("-Depicfhir.failpoint=load.committed:1"));
    assertThat(killed.waitFor()).isEqualTo(ChildJvm.KILLED);
    nothingGoes("TRUNCATE {}_state.audit");

    assertThat(load.inRun(run).run()).isZero();

    assertThat(load.report().at("/result/warnings").toString())
        .contains("record 2 is missing or different", "had no trigger append_only");
    assertThat(load.inRun("last").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).isFalse();
  }

  /** Its records would be taken for a log that somebody changed. */
  @ParameterizedTest
  @ValueSource(strings = {"a", "nobody"})
  void anotherLakesRecordsStayOut(String asked) throws Exception {
    LoadRun other =
        new LoadRun(folder.resolve("other"))
            .with("schema", load.schema())
            .with("state-schema", load.schema() + "_state");
    ViewTables.write(other.lake(), "a", plain(), plainRows(3, "other"));

    assertThat(other.run("--views", asked)).isEqualTo(2);
    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result").has("warnings")).isFalse();
    assertThat(load.query(CHAIN)).hasSize(4).allMatch(row -> row.endsWith("|t"));
    assertThat(load.query("SELECT sha256 FROM {}_state.audit WHERE number = 1"))
        .containsExactly(Sha256.hex(Files.readString(file(1))));
  }

  private void rewrite() throws IOException {
    Files.writeString(file(2), "{}");
  }

  private void removeAll() throws IOException {
    Files.delete(file(1));
    Files.delete(file(2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "DELETE FROM {}_state.audit",
        "UPDATE {}_state.audit SET record = ''",
        "TRUNCATE {}_state.audit"
      })
  void nothingGoes(String sql) {
    assertThatThrownBy(() -> load.execute(sql)).hasMessageContaining("The audit log only grows");
  }

  @ParameterizedTest
  @ValueSource(strings = {"DROP TRIGGER append_only ON", "ALTER TABLE % DISABLE TRIGGER ALL"})
  void aTableWithoutItsTriggerIsToldAndGetsIt(String sql) throws Exception {
    String table = load.schema() + "_state.audit";
    load.execute(sql.contains("%") ? sql.replace("%", table) : sql + " " + table);

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/warnings/0").asText())
        .startsWith("The table " + table + " had no trigger append_only")
        .contains("The load put it back");
    nothingGoes("TRUNCATE {}_state.audit");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/warnings")).as("by each try of the run").hasSize(1);
    assertThat(load.inRun("next").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).isFalse();
  }

  /** The table alone would be taken for one that only grows. */
  @Test
  void aTableWhoseTriggerCannotBeMadeIsNotMadeEither() throws Exception {
    LoadRun other = new LoadRun(folder.resolve("other"));
    other.execute("CREATE ROLE {}_loader LOGIN; GRANT CREATE ON DATABASE postgres TO {}_loader");
    other.execute("CREATE SCHEMA {}_state; GRANT ALL ON SCHEMA {}_state TO {}_loader");
    other.execute(
        "CREATE FUNCTION {}_state.audit_append_only() RETURNS trigger LANGUAGE plpgsql"
            + " AS 'BEGIN RETURN NULL; END'");
    other.with("user", other.schema() + "_loader");
    ViewTables.write(other.lake(), "a", plain(), plainRows(3, "old"));
    for (int i = 0; i < 2; i++) {
      assertThat(other.run()).isEqualTo(3);
      assertThat(other.query("SELECT to_regclass('{}_state.audit')")).containsExactly("null");
    }
  }
}
