package io.epicfhir.load.postgres.state;

import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Indexes and constraints of others that the rows of a table did not fit: the table {@value #TABLE}
 * of the state schema keeps how to make them again.
 *
 * @param state of the pipeline
 */
public record LeftOut(LoadState state) {
  static final String TABLE = "left_out";

  /** The statement that makes the list where there is none. */
  static String create(String schema) {
    return """
        CREATE TABLE IF NOT EXISTS %s (
          target_schema text NOT NULL, view text NOT NULL, name text NOT NULL,
          definition text NOT NULL, PRIMARY KEY (target_schema, view, name))"""
        .formatted(Identifiers.quoted(schema, TABLE));
  }

  /** By name, the statements that make what a table lacks. */
  public Map<String, String> of(Connection connection, String view) throws SQLException {
    String sql =
        "SELECT name, definition FROM %s WHERE target_schema = ? AND view = ? ORDER BY name"
            .formatted(table());
    Map<String, String> found = new LinkedHashMap<>();
    try (var query = Sql.prepare(connection, sql, state.target(), view);
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        found.put(rows.getString(1), rows.getString(2));
      }
    }
    return found;
  }

  /** By view, the names of what its table lacks. */
  public Map<String, String> all(Connection connection) throws SQLException {
    String sql =
        "SELECT view, string_agg(name, ', ' ORDER BY name) FROM %s WHERE target_schema = ? GROUP BY view ORDER BY view"
            .formatted(table());
    Map<String, String> found = new LinkedHashMap<>();
    try (var query = Sql.prepare(connection, sql, state.target());
        ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        found.put(rows.getString(1), rows.getString(2));
      }
    }
    return found;
  }

  /** A table is written without one; part of the transaction that does it. */
  public void add(Connection connection, String view, String name, String definition)
      throws SQLException {
    String sql =
        "INSERT INTO %s VALUES (?, ?, ?, ?) ON CONFLICT (target_schema, view, name) DO UPDATE SET definition = excluded.definition"
            .formatted(table());
    Sql.update(connection, sql, state.target(), view, name, definition);
  }

  /** It is there again, or nobody can want it any more. */
  public void remove(Connection connection, String view, String name) throws SQLException {
    String sql = "DELETE FROM %s WHERE target_schema = ? AND view = ? AND name = ?";
    Sql.update(connection, sql.formatted(table()), state.target(), view, name);
  }

  /** A table that somebody dropped took its indexes with it. */
  public void clear(Connection connection, String view) throws SQLException {
    String sql = "DELETE FROM %s WHERE target_schema = ? AND view = ?";
    Sql.update(connection, sql.formatted(table()), state.target(), view);
  }

  private String table() {
    return Identifiers.quoted(state.schema(), TABLE);
  }
}
