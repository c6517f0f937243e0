package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * An index of no constraint.
 *
 * @param unique {@code UNIQUE}, or empty
 * @param definition from {@code USING} on
 */
record FoundIndex(String name, String unique, String definition) {
  /** Makes one like it. */
  String create(String as, String table) {
    return "CREATE " + unique + " INDEX " + as + " ON " + table + definition;
  }

  /** The indexes of a table but those of constraints. */
  static List<FoundIndex> of(Connection connection, String table) throws SQLException {
    String sql =
        """
        SELECT o.relname, CASE WHEN i.indisunique THEN 'UNIQUE' ELSE '' END,
          substr(pg_get_indexdef(i.indexrelid), 1 + length(format('CREATE %%sINDEX %%I ON %%s%%I.%%I',
            CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END, o.relname,
            CASE o.relkind WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, t.relname)))
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
        WHERE i.indrelid = to_regclass(%s) AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
            AND k.contype IN ('p', 'u', 'x'))
        ORDER BY i.indexrelid"""
            .formatted(literal(table));
    List<FoundIndex> indexes = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        indexes.add(new FoundIndex(rows.getString(1), rows.getString(2), rows.getString(3)));
      }
    }
    return indexes;
  }
}
