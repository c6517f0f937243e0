package io.epicfhir.load.postgres.state;

import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What is for a person and was not told yet: what was found about the audit log, and the warnings
 * of an erasure's load. An entry of the table {@value #TABLE} of the state schema waits until the
 * report of a run that is judged has it, whichever run that is: the one that found it may have been
 * killed, or have failed before it could warn.
 *
 * @param schema the state schema
 */
record AuditFindings(String schema) {
  static final String TABLE = "audit_finding";

  /** Makes the table where it is missing. */
  void create(Connection connection) throws SQLException {
    Sql.execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %s (
          finding text PRIMARY KEY, run_key text,
          found_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
            .formatted(table()));
  }

  /** A new one, or one that was found and told before; part of the transaction that may hide it. */
  void add(Connection connection, String finding) throws SQLException {
    String sql =
        """
        INSERT INTO %s (finding) VALUES (?)
        ON CONFLICT (finding) DO UPDATE SET run_key = NULL, found_at = excluded.found_at"""
            .formatted(table());
    Sql.update(connection, sql, finding);
  }

  /** Those that no run has told, and those that this run told in an earlier try. */
  List<String> of(Connection connection, String runKey) throws SQLException {
    String sql =
        "SELECT finding FROM %s WHERE run_key IS NULL OR run_key = ? ORDER BY found_at, finding"
            .formatted(table());
    List<String> findings = new ArrayList<>();
    try (var query = Sql.prepare(connection, sql, runKey);
        ResultSet found = query.executeQuery()) {
      while (found.next()) {
        findings.add(found.getString(1));
      }
    }
    return findings;
  }

  /** The report of this run has them. */
  void reported(Connection connection, String runKey, List<String> sentences) throws SQLException {
    for (String sentence : sentences) {
      Sql.update(
          connection,
          "UPDATE %s SET run_key = ? WHERE run_key IS NULL AND finding = ?".formatted(table()),
          runKey,
          sentence);
    }
  }

  private String table() {
    return Identifiers.quoted(schema, TABLE);
  }
}
