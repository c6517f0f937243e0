package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/** What {@link StandingTable} asks the catalog. */
final class StandingSql {
  /**
   * Of pg_class c: whether row security may hide rows from this role, and whether the role may
   * switch it off; what can rewrite rows; the key that foreign keys refer to, and those; whether it
   * is published without a replica identity; and its indexes and comments.
   */
  static final String MORE =
      """
      row_security_active(c.oid) AND NOT (
        EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive
          AND p.polcmd = '*' AND pg_get_expr(p.polqual, c.oid) = 'true'
          AND coalesce(pg_get_expr(p.polwithcheck, c.oid), 'true') = 'true' AND %1$s)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid
          AND NOT p.polpermissive AND %1$s)),
      pg_has_role(c.relowner, 'USAGE'),
      (SELECT string_agg(DISTINCT r.name, chr(10) ORDER BY r.name) FROM (
        SELECT 'trigger ' || tgname FROM pg_catalog.pg_trigger
        WHERE (tgrelid = c.oid OR tgrelid IN (SELECT relid FROM pg_partition_tree(c.oid)))
          AND NOT tgisinternal AND tgenabled <> 'D'
        UNION ALL SELECT 'rule ' || rulename FROM pg_catalog.pg_rewrite
        WHERE ev_class = c.oid AND ev_enabled <> 'D') r(name)),
      (SELECT string_agg(a.attname, chr(10) ORDER BY key.place) FROM (
          SELECT k.confkey FROM pg_catalog.pg_constraint k
          WHERE k.contype = 'f' AND k.confrelid = c.oid ORDER BY k.confkey <> ARRAY(
            SELECT i.attnum FROM pg_catalog.pg_attribute i
            WHERE i.attrelid = c.oid AND i.attname = 'id'), k.oid LIMIT 1) f
        CROSS JOIN LATERAL unnest(f.confkey) WITH ORDINALITY key(attnum, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = key.attnum),
      (SELECT string_agg(k.conname || ' of table ' || k.conrelid::regclass, ', '
          ORDER BY k.conname, k.oid) FROM pg_catalog.pg_constraint k
        WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conparentid = 0),
      (c.relreplident = 'n' OR c.relreplident <> 'f' AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisvalid
          AND i.indimmediate AND CASE c.relreplident WHEN 'i' THEN i.indisreplident
            ELSE i.indisprimary END))
        AND EXISTS (SELECT FROM pg_catalog.pg_publication_tables t
          JOIN pg_catalog.pg_publication p ON p.pubname = t.pubname
          WHERE (p.pubupdate OR p.pubdelete) AND t.tablename = c.relname
            AND t.schemaname = (
            SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace)),
      (SELECT string_agg(x.own, chr(10) ORDER BY x.own) FROM (
        SELECT c.oid::text
        UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_catalog.pg_index i
        WHERE i.indrelid = c.oid
        UNION ALL SELECT concat_ws(' ', d.objsubid, d.description) FROM pg_catalog.pg_description d
        WHERE d.classoid = 'pg_class'::regclass AND d.objoid = c.oid) x(own))"""
          .formatted(
              "EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(r, 'USAGE'))");

  private StandingSql() {}

  /**
   * Where a table's own rows are, for a FROM: see {@link StandingTable#from}.
   *
   * @param table schema and name, quoted
   */
  static String from(Connection connection, String table) throws SQLException {
    String partitioned =
        "SELECT count(*) FROM pg_catalog.pg_class WHERE relkind = 'p' AND oid = to_regclass(%s)";
    return Sql.number(connection, partitioned.formatted(literal(table))) > 0
        ? table
        : "ONLY " + table;
  }

  /** A type that is no table's, under the name of a table that is not there. */
  static String type(String table) {
    return """
        SELECT t.typname FROM (SELECT parse_ident(%s) AS name) p
        JOIN pg_catalog.pg_namespace n ON n.nspname = p.name[1]
        JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = p.name[2]
        WHERE t.typrelid = 0 AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_type e WHERE e.typarray = t.oid)"""
        .formatted(literal(table));
  }
}
