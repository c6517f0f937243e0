package io.epicfhir.load.postgres.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.testing.SharedDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps a row from being copied twice. */
class LoadStateTest {
  private final String schema = SharedDatabase.newSchema();
  private final LoadState state = new LoadState(schema + "_state", schema);
  private Connection connection;

  @BeforeEach
  void begin() throws SQLException {
    connection = LoadRun.connect();
    state.create(connection, "");
    state.copies().begin(connection, "a", "first");
  }

  @AfterEach
  void end() throws SQLException {
    connection.close();
  }

  @Test
  void aPartitionIsClaimedOnceAndItsFiguresCount() throws SQLException {
    assertThat(state.copies().claim(connection, "a", "first", 0)).isTrue();
    state.copies().copied(connection, "first", 0, new Loaded(3, 30, 1));
    assertThat(state.copies().claim(connection, "a", "first", 1)).isTrue();
    state.copies().copied(connection, "first", 1, new Loaded(4, 40, 0));

    assertThat(state.copies().claim(connection, "a", "first", 0)).isFalse();

    assertThat(state.copies().copied(connection, "first")).isEqualTo(new Loaded(7, 70, 1));
  }

  @Test
  void aTaskOfALoadThatAnotherOneReplacedCopiesNothing() throws SQLException {
    state.copies().begin(connection, "a", "second");

    assertThatThrownBy(() -> state.copies().claim(connection, "a", "first", 0))
        .isInstanceOf(PostgresFailure.class)
        .hasMessage(
            "Cannot copy into table a: another load has started; wait until it ends, then rerun");
    assertThat(state.copies().claim(connection, "a", "second", 0)).isTrue();
  }

  @Test
  void aClaimThatIsRolledBackIsFreeAgain() throws SQLException {
    connection.setAutoCommit(false);
    assertThat(state.copies().claim(connection, "a", "first", 0)).isTrue();
    connection.rollback();

    assertThat(state.copies().claim(connection, "a", "first", 0)).isTrue();
  }

  @Test
  void aViewNamedAsTheStateIsRefused() {
    assertThatThrownBy(() -> state.staging("load_state"))
        .hasMessage(
            "Cannot load view load_state: the pipeline's state has a table of that name;"
                + " rename the view");
  }
}
