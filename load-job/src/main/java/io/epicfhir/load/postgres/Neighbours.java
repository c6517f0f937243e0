package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What the load of one table means for another, where somebody tied loaded tables together by
 * foreign keys or triggers.
 */
record Neighbours(LoadState state) {
  private static final String FOREIGN_KEY = "23503";

  /** Whether rows are refused because those of another loaded table are not there yet, or still. */
  boolean areAwaited(Connection connection, PostgresFailure e) throws SQLException {
    if (!e.sqlState().equals(FOREIGN_KEY)) {
      return false;
    }
    String both =
        """
        SELECT count(*) FROM pg_catalog.pg_constraint k
        WHERE k.contype = 'f' AND k.conname = ? AND 2 <= (
          SELECT count(*) FROM %s s
          WHERE s.target_schema = ? AND s.relation IN (k.conrelid, k.confrelid))"""
            .formatted(state.states());
    try (var query = Sql.prepare(connection, both, e.constraint(), state.target());
        ResultSet found = query.executeQuery()) {
      return found.next() && found.getLong(1) > 0;
    }
  }

  /**
   * Tables that the load of another one may have changed, and by what.
   *
   * @param changed tables that this run wrote
   * @return by view, the foreign keys and triggers
   */
  Map<String, String> tied(Connection connection, Set<String> changed) throws SQLException {
    String tied =
        """
        SELECT s.view, string_agg(t.name, ', ' ORDER BY t.name)
        FROM %1$s s CROSS JOIN LATERAL (
          SELECT 'foreign key ' || k.conname FROM pg_catalog.pg_constraint k
          WHERE k.contype = 'f' AND k.conrelid = s.relation
            AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))
          UNION ALL
          SELECT format('trigger %%s of %%s', g.tgname, o.view) FROM %1$s o
          JOIN pg_catalog.pg_trigger g ON g.tgrelid = o.relation
          WHERE o.target_schema = s.target_schema AND o.view = ANY (?) AND o.view <> s.view
            AND NOT g.tgisinternal AND g.tgenabled <> 'D'
          UNION ALL
          SELECT format('rule %%s of %%s', r.rulename, o.view) FROM %1$s o
          JOIN pg_catalog.pg_rewrite r ON r.ev_class = o.relation
          WHERE o.target_schema = s.target_schema AND o.view = ANY (?) AND o.view <> s.view
            AND r.ev_enabled <> 'D') t(name)
        WHERE s.target_schema = ? GROUP BY s.view ORDER BY s.view"""
            .formatted(state.states());
    Map<String, String> by = new LinkedHashMap<>();
    Array written = connection.createArrayOf("text", changed.toArray());
    try (var query = Sql.prepare(connection, tied, written, written, state.target());
        ResultSet found = query.executeQuery()) {
      while (found.next()) {
        by.put(found.getString(1), found.getString(2));
      }
      return by;
    } finally {
      written.free();
    }
  }
}
