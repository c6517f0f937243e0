package io.epicfhir.load.postgres.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.load.LoadRun;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.ViewVersion;
import io.epicfhir.load.testing.SharedDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two lakes never share a schema. */
class LakeOfSchemaTest {
  private static final String OURS = "s3a://ours/lake";
  private static final String OTHER = "s3a://other/lake";

  private final String schema = SharedDatabase.newSchema();
  private final LoadState state = new LoadState(schema + "_state", schema);
  private Connection connection;

  @BeforeEach
  void aTableOfOurs() throws SQLException {
    connection = LoadRun.connect();
    state.create(connection, "");
    TableMark mark = new TableMark(1, "", "", 0);
    state.loaded(
        connection,
        new ViewVersion(OURS, "table", 0, ""),
        "patients",
        "run",
        new LoadNote(mark, true, null, null, ""));
  }

  @AfterEach
  void end() throws SQLException {
    connection.close();
  }

  private JobException refusal(LoadState of, String lake) {
    return catchThrowableOfType(
        JobException.class, () -> new LakeOfSchema(of, "").require(connection, lake, ""));
  }

  @Test
  void theLakeOfTheTablesMayLoadAndAnotherMayNot() {
    assertThatCode(() -> new LakeOfSchema(state, "").require(connection, OURS, ""))
        .doesNotThrowAnyException();

    JobException refused = refusal(state, OTHER);
    assertThat(refused.exitCode()).isEqualTo(ExitCode.SETTINGS);
    assertThat(refused)
        .hasMessageStartingWith(
            "Cannot load into schema "
                + schema
                + ": it holds the tables of the lake s3a://ours/lake, but the settings name the lake"
                + " s3a://other/lake.")
        .hasMessageEndingWith(
            "If the lake has moved, set load.moved-from = \"s3a://ours/lake\" and rerun.");
  }

  @Test
  void theStateOfAnotherPipelineCountsToo() throws SQLException {
    LoadState second = new LoadState(schema + "_second", schema);
    second.create(connection, "");

    assertThat(refusal(second, OTHER)).isNotNull();
  }

  @Test
  void anyOtherTableOfThatNameIsNobodys() throws SQLException {
    String other = schema + "_else";
    Sql.execute(
        connection,
        "CREATE SCHEMA " + other,
        "CREATE TABLE " + other + ".load_state (lake text, target_schema int)");

    new LakeOfSchema(state, "").require(connection, OURS, "");

    Sql.execute(connection, "DROP SCHEMA " + other + " CASCADE");
  }

  @Test
  void aLakeThatMovedTakesItsTablesAlong() throws SQLException {
    // s3 and s3a are one spelling of the same place.
    new LakeOfSchema(state, "").require(connection, OTHER, "s3://ours/lake");

    assertThat(refusal(state, OTHER)).isNull();
    assertThat(refusal(state, OURS)).isNotNull();
  }
}
