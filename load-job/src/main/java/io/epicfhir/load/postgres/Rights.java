package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

/**
 * What others may do with a table, and what they made of it. A new table takes over owner, rights
 * to table and columns, tablespace, indexes and comments. Whatever else somebody gave a table, it
 * keeps because its rows are replaced in their place then.
 */
final class Rights {
  /** An expression on pg_class c: whether the table has something that a new one would not have. */
  static final String UNUSUAL =
      """
      (c.relrowsecurity OR c.relforcerowsecurity OR c.reloptions IS NOT NULL
        OR c.relreplident <> 'd' OR c.relpersistence <> 'p' OR c.relkind <> 'r'
        OR c.relispartition OR c.reloftype <> 0
        OR c.relam <> (SELECT m.oid FROM pg_catalog.pg_am m
          WHERE m.amname = current_setting('default_table_access_method'))
        OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles r
          WHERE r.rolname = current_user AND (r.rolsuper OR r.oid = c.relowner))
        OR EXISTS (SELECT FROM pg_catalog.pg_class t
          WHERE t.oid = c.reltoastrelid AND t.reloptions IS NOT NULL)
        OR EXISTS (SELECT FROM pg_catalog.pg_publication_tables p
          WHERE p.tablename = c.relname AND p.schemaname = (
            SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.relnamespace))
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d
          WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid AND (d.deptype = 'n'
            OR d.classid IN ('pg_trigger'::regclass, 'pg_policy'::regclass,
              'pg_publication_rel'::regclass, 'pg_statistic_ext'::regclass,
              'pg_rewrite'::regclass, 'pg_attrdef'::regclass)
            OR EXISTS (SELECT FROM pg_catalog.pg_class q
              WHERE d.classid = 'pg_class'::regclass AND q.oid = d.objid AND q.relkind = 'S')))
        OR EXISTS (SELECT FROM pg_catalog.pg_depend d
          WHERE d.refclassid = 'pg_type'::regclass AND d.deptype = 'n' AND d.refobjid IN (c.reltype,
            (SELECT t.typarray FROM pg_catalog.pg_type t WHERE t.oid = c.reltype)))
        OR EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent))
        OR EXISTS (SELECT FROM pg_catalog.pg_seclabel l
          WHERE l.classoid = 'pg_class'::regclass AND l.objoid = c.oid)
        OR EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conrelid = c.oid
          AND (k.contype IN ('c', 'f', 'u', 'x') OR k.contype = 'p' AND (k.condeferrable
              OR k.conkey <> ARRAY(SELECT i.attnum FROM pg_catalog.pg_attribute i
                WHERE i.attrelid = c.oid AND i.attname = 'id'))
            OR EXISTS (SELECT FROM pg_catalog.pg_description s
              WHERE s.classoid = 'pg_constraint'::regclass AND s.objoid = k.oid)))
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
          JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
          WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            AND (a.attoptions IS NOT NULL OR coalesce(a.attstattarget, -1) >= 0
              OR a.attidentity <> '' OR a.attstorage <> t.typstorage
              OR coalesce(to_jsonb(a) ->> 'attcompression', '') <> ''
              OR a.attcollation <> t.typcollation
              OR a.attnotnull AND NOT EXISTS (SELECT FROM pg_catalog.pg_index p
                WHERE p.indrelid = c.oid AND p.indisprimary AND a.attnum = ANY (p.indkey))))
        OR EXISTS (SELECT FROM pg_catalog.pg_index i
          JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
          WHERE i.indrelid = c.oid AND (i.indisclustered OR i.indisreplident
            OR o.reltablespace <> 0 AND NOT EXISTS (SELECT FROM pg_catalog.pg_tablespace s
              WHERE s.oid = o.reltablespace AND s.spcname = current_setting('default_tablespace'))
            OR i.indisprimary AND (o.reloptions IS NOT NULL OR i.indnatts <> i.indnkeyatts)
            OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = o.oid AND coalesce(a.attstattarget, -1) >= 0)
            OR EXISTS (SELECT FROM pg_catalog.pg_description s
              WHERE s.classoid = 'pg_class'::regclass AND s.objoid = o.oid)))
        OR EXISTS (SELECT FROM aclexplode(c.relacl) x WHERE x.grantor <> c.relowner)
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute a
          CROSS JOIN LATERAL aclexplode(a.attacl) x
          WHERE a.attrelid = c.oid AND x.grantor <> c.relowner))""";

  private Rights() {}

  /**
   * Takes all rights to a new table away that its schema's default privileges gave; the owner's own
   * stay.
   */
  static String revokeDefaults(String built) {
    return """
        SELECT DISTINCT format('REVOKE ALL ON %%s FROM %%s', %1$s,
          CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
        FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(%1$s) AND a.grantee <> c.relowner"""
        .formatted(literal(built));
  }

  /**
   * The rights to the table that is read, as statements for the new one that has the same owner, in
   * the same order. Where no right was ever given or taken, none.
   */
  static String grants(String read, String built) {
    return """
        SELECT format('REVOKE ALL ON %%s FROM %%s', %1$s, c.relowner::regrole)
        FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%2$s) AND c.relacl IS NOT NULL
        UNION ALL (
        SELECT format('GRANT %%s%%s ON %%s TO %%s%%s', a.privilege_type, g.columns, %1$s,
          CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
          CASE WHEN a.is_grantable AND a.grantee <> g.relowner THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM (SELECT 0 AS place, c.relowner, '' AS columns, c.relacl AS acl
            FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%2$s)
          UNION ALL
          SELECT t.attnum, c.relowner, format(' (%%I)', t.attname), t.attacl
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid
            JOIN pg_catalog.pg_attribute n ON n.attrelid = to_regclass(%1$s)
              AND n.attname = t.attname
            WHERE c.oid = to_regclass(%2$s)) g
        CROSS JOIN LATERAL aclexplode(g.acl) WITH ORDINALITY
          a (grantor, grantee, privilege_type, is_grantable, position)
        ORDER BY g.place, a.position)"""
        .formatted(literal(built), literal(read));
  }

  /** Gives a new table to the owner of the one that is read, where that is another role. */
  static String sameOwner(String read, String built) {
    return """
        SELECT format('ALTER TABLE %%s OWNER TO %%s', %s, o.relowner::regrole)
        FROM pg_catalog.pg_class o JOIN pg_catalog.pg_class n ON n.oid = to_regclass(%1$s)
        WHERE o.oid = to_regclass(%s) AND o.relowner <> n.relowner"""
        .formatted(literal(built), literal(read));
  }
}
