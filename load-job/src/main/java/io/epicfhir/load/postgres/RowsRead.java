package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * What a query reads, through views too, and whether a role may see all of it. The loader owns the
 * tables, and row security does not hold for it: its copies of their rows are not for all.
 */
final class RowsRead {
  private static final String VIEW = "pg_temp.rows_read";

  /** Whether pg_class c has row security. */
  private static final String SECURED =
      "(c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid))";

  private RowsRead() {}

  /**
   * Whether something that a query reads has row security, or the role may not read it as a whole.
   *
   * @param role may be empty
   */
  static boolean isHidden(Connection connection, String query, String role) throws SQLException {
    Sql.execute(
        connection,
        "DROP VIEW IF EXISTS " + VIEW,
        "CREATE TEMPORARY VIEW rows_read AS SELECT * FROM (\n" + query + "\n) AS bad");
    String refused =
        role.isEmpty()
            ? "false"
            : "NOT has_table_privilege(" + literal(role) + ", c.oid, 'SELECT')";
    long hidden =
        Sql.number(
            connection,
            """
            WITH RECURSIVE reads (oid) AS (
              SELECT to_regclass(%s)::oid
              UNION
              SELECT d.refobjid FROM reads JOIN pg_catalog.pg_rewrite r ON r.ev_class = reads.oid
                JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass
                  AND d.objid = r.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass)
            SELECT count(*) FROM reads JOIN pg_catalog.pg_class c ON c.oid = reads.oid
            WHERE c.relkind IN ('r', 'p', 'f', 'm', 'v') AND c.oid <> to_regclass(%s)
              AND (%s OR %s)"""
                .formatted(literal(VIEW), literal(VIEW), SECURED, refused));
    Sql.execute(connection, "DROP VIEW " + VIEW);
    return hidden > 0;
  }

  /** An SQL query of how many tables of a schema have row security. */
  static String secured(String schema) {
    return """
        SELECT count(*) FROM pg_catalog.pg_class c
          JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND %s"""
        .formatted(literal(schema), SECURED);
  }
}
