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
 * @param first the hash of the lake's first audit record, which no other lake has; or empty
 */
public record LakeOfSchema(LoadState state, String first) {

  /**
   * Makes sure that no other lake has tables there; those of a lake that has moved are its own.
   *
   * @param lake the lake that is loaded
   * @param movedFrom the path where it was before, or empty
   * @throws JobException {@link ExitCode#SETTINGS} where one has
   */
  public void require(Connection connection, String lake, String movedFrom) throws SQLException {
    if (!movedFrom.isEmpty()) {
      moved(connection, LakeName.of(movedFrom), lake);
    }
    look(connection, lake, movedFrom);
  }

  /** The same, of one that writes nothing. */
  void look(Connection connection, String lake, String movedFrom) throws SQLException {
    String before = movedFrom.isEmpty() ? "" : LakeName.of(movedFrom);
    List<String> states = states(connection);
    other(connection, states, lake, before).ifPresent(other -> belongsTo(other, lake));
    if (!before.equals(lake)) {
      samePath(connection, states, lake);
    }
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

  /** The schemas that have the state of a pipeline. */
  private static List<String> states(Connection connection) throws SQLException {
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
    return states;
  }

  private Optional<String> other(
      Connection connection, List<String> states, String lake, String before) throws SQLException {
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

  /**
   * Two machines may each have a lake at one path. With the same state schema the audit log shows
   * it.
   */
  private void samePath(Connection connection, List<String> states, String lake)
      throws SQLException {
    for (String schema : states) {
      String audit = Identifiers.role(schema) + "." + AuditCopy.TABLE;
      String readable = "SELECT coalesce(has_table_privilege(to_regclass(%s), 'SELECT'), false)";
      if (first.isEmpty()
          || schema.equals(state.schema())
          || !Sql.texts(connection, readable.formatted(Identifiers.literal(audit)))
              .equals(List.of("t"))) {
        continue;
      }
      String another =
          """
          SELECT EXISTS (SELECT FROM %1$s.load_state WHERE target_schema = %2$s AND lake = %3$s)
            AND EXISTS (SELECT FROM %4$s WHERE number = 1)
            AND NOT EXISTS (SELECT FROM %4$s WHERE number = 1 AND sha256 = %5$s)"""
              .formatted(
                  Identifiers.role(schema),
                  Identifiers.literal(state.target()),
                  Identifiers.literal(lake),
                  audit,
                  Identifiers.literal(first));
      if (Sql.texts(connection, another).equals(List.of("t"))) {
        throw new JobException(
            ExitCode.SETTINGS,
            "Cannot load into schema %s: it holds the tables of another lake at the path %s, whose loads have their state in schema %s. Give each lake a schema of its own (load.schema, load.state-schema). If this lake took the other one's place, set load.moved-from = \"%2$s\" and rerun."
                .formatted(state.target(), lake, schema));
      }
    }
  }

  private void belongsTo(String other, String lake) {
    throw new JobException(
        ExitCode.SETTINGS,
        "Cannot load into schema %s: it holds the tables of the lake %s, but the settings name the lake %s. Give each lake a schema of its own (load.schema, load.state-schema). If the lake has moved, set load.moved-from = \"%2$s\" and rerun."
            .formatted(state.target(), other, lake));
  }
}
