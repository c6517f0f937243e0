package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the load of one table means for another, where somebody tied loaded tables together by
 * foreign keys or triggers.
 */
record Neighbours(LoadState state) {
  private static final String FOREIGN_KEY = "23503";

  /** Whether an index that stands under a view's name is one of a table that was loaded. */
  static boolean isOurs(PostgresLoad load, String view) throws SQLException {
    String of =
        """
        SELECT count(*) FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
        JOIN %s s ON s.view = t.relname AND s.target_schema = %s
        WHERE i.indexrelid = to_regclass(%s)"""
            .formatted(
                load.state().states(), literal(load.settings().schema()), literal(load.read(view)));
    return load.session().number(of) > 0;
  }

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
   * Groups of tables that foreign keys connect; in each, a table stands behind those that it refers
   * to, where there is such an order.
   *
   * @param views some loaded tables
   */
  List<List<String>> groups(Connection connection, Set<String> views) throws SQLException {
    String keys =
        """
        SELECT DISTINCT f.view, t.view FROM pg_catalog.pg_constraint k
        JOIN %1$s f ON f.relation = k.conrelid AND f.target_schema = ?
        JOIN %1$s t ON t.relation = k.confrelid AND t.target_schema = f.target_schema
        WHERE k.contype = 'f' AND f.view <> t.view ORDER BY 1, 2"""
            .formatted(state.states());
    Map<String, Set<String>> refersTo = new TreeMap<>();
    views.forEach(view -> refersTo.put(view, new LinkedHashSet<>()));
    try (var query = Sql.prepare(connection, keys, state.target());
        ResultSet found = query.executeQuery()) {
      while (found.next()) {
        if (views.contains(found.getString(1)) && views.contains(found.getString(2))) {
          refersTo.get(found.getString(1)).add(found.getString(2));
        }
      }
    }
    return groups(refersTo);
  }

  static List<List<String>> groups(Map<String, Set<String>> refersTo) {
    Set<String> ordered = new LinkedHashSet<>();
    refersTo.keySet().forEach(view -> behindItsTargets(view, refersTo, new HashSet<>(), ordered));
    List<List<String>> groups = new ArrayList<>();
    for (String view : ordered) {
      List<String> joined = new ArrayList<>();
      groups.removeIf(
          group -> {
            boolean connected =
                group.stream()
                    .anyMatch(
                        one ->
                            refersTo.get(view).contains(one) || refersTo.get(one).contains(view));
            return connected && joined.addAll(group);
          });
      joined.add(view);
      groups.add(joined);
    }
    groups.removeIf(group -> group.size() < 2);
    return groups;
  }

  private static void behindItsTargets(
      String view, Map<String, Set<String>> refersTo, Set<String> path, Set<String> ordered) {
    if (path.add(view) && !ordered.contains(view)) {
      refersTo.get(view).forEach(to -> behindItsTargets(to, refersTo, path, ordered));
      ordered.add(view);
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
