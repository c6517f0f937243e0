package io.epicfhir.load.postgres.state;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.LakeName;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The lake whose tables are in the target schema: one, by this pipeline's state and by that of any
 * other in the database.
 *
 * @param state of this pipeline
 */
public record LakeOfSchema(LoadState state) {

  /**
   * Makes sure that no other lake has tables there.
   *
   * @param lake the lake that is loaded
   * @param movedFrom the path where it was before, or empty
   * @throws JobException {@link ExitCode#SETTINGS} where one has
   */
  public void require(Connection connection, String lake, String movedFrom) throws SQLException {
    String before = movedFrom.isEmpty() ? "" : LakeName.of(movedFrom);
    if (!before.isEmpty()) {
      moved(connection, before, lake);
    }
    other(connection, lake, before).ifPresent(other -> belongsTo(other, lake));
  }

  /** The lake has a new path; its tables are still its own. */
  private void moved(Connection connection, String from, String to) throws SQLException {
    Sql.update(
        connection,
        "UPDATE " + state.states() + " SET lake = ? WHERE target_schema = ? AND lake = ?",
        to,
        state.target(),
        from);
  }

  private Optional<String> other(Connection connection, String lake, String before)
      throws SQLException {
    List<String> states = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT n.nspname FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = 'load_state' AND c.relkind = 'r' AND 2 = (
                    SELECT count(*) FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid
                    AND a.attname IN ('lake', 'target_schema') AND a.atttypid = 'text'::regtype)
                  AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
                """)) {
      while (found.next()) {
        states.add(found.getString(1));
      }
    }
    for (String schema : states) {
      String other =
          "SELECT lake FROM %s.load_state WHERE target_schema = ? AND lake NOT IN ('', ?, ?) LIMIT 1"
              .formatted(Identifiers.role(schema));
      try (var query = Sql.prepare(connection, other, state.target(), lake, before);
          ResultSet found = query.executeQuery()) {
        if (found.next()) {
          return Optional.of(found.getString(1));
        }
      }
    }
    return Optional.empty();
  }

  private void belongsTo(String other, String lake) {
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot load into schema %s: it has the tables of the lake %s, and the settings name the lake %s. Give each lake a schema of its own (load.schema, load.state-schema). If the lake has moved, set load.moved-from = \"%2$s\" and rerun."
            .formatted(state.target(), other, lake));
  }
}
