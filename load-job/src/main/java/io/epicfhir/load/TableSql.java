package io.epicfhir.load;

import static io.epicfhir.load.Identifiers.literal;
import static io.epicfhir.load.Identifiers.quoted;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The statements that build a table beside the one that is read, and put it in its place.
 *
 * @param shape the table
 * @param kept columns of the table that is read which the view no longer has; they stay, empty
 * @param staging schema where it is built
 * @param target schema where it is read
 */
record TableSql(TableShape shape, List<StandingTable.Column> kept, String staging, String target) {

  /** An empty table; what an interrupted load left there goes. */
  String[] create() {
    Stream<String> view =
        shape.columns().stream().map(column -> quoted(column.name()) + " " + column.sqlType());
    Stream<String> stay = kept.stream().map(column -> quoted(column.name()) + " " + column.type());
    String columns = Stream.concat(view, stay).collect(Collectors.joining(", "));
    return new String[] {
      "DROP TABLE IF EXISTS " + built(), "CREATE TABLE " + built() + " (" + columns + ")"
    };
  }

  /** The planner's statistics: a reader's first query must not be a slow one. */
  String analyze() {
    return "ANALYZE " + built();
  }

  /**
   * 1 where the statistics hold no id twice and no null, else 0. Whether a view has one row a
   * resource is not knowable from its columns, and to count the ids costs more than the index.
   */
  String idLooksUnique() {
    return """
        SELECT coalesce((SELECT n_distinct = -1 FROM pg_catalog.pg_stats
          WHERE schemaname = %s AND tablename = %s AND attname = 'id'), true)::integer"""
        .formatted(literal(staging), literal(shape.name()));
  }

  /** Whether there is a column that could be the primary key. */
  boolean hasId() {
    return shape.columns().stream().anyMatch(c -> c.name().equals("id") && !c.collection());
  }

  /** Fails with a unique violation where an id comes twice after all. */
  String primaryKey() {
    return "ALTER TABLE " + built() + " ADD PRIMARY KEY (id)";
  }

  /** 1 where a row's id is not its resource's, else 0. */
  String idIsAnother() {
    return "SELECT EXISTS (SELECT FROM %s WHERE id IS DISTINCT FROM %s)::integer"
        .formatted(built(), TableShape.RESOURCE_ID);
  }

  /**
   * Indexes on what tables are joined by, once the rows are in.
   *
   * @param without columns that have one, or need none
   */
  String[] indexes(Set<String> without) {
    return shape.columns().stream()
        .filter(TableSql::joined)
        .filter(column -> !without.contains(column.name()))
        .map(column -> "CREATE INDEX ON " + built() + " (" + quoted(column.name()) + ")")
        .toArray(String[]::new);
  }

  /** What others indexed on the table that is read, as statements for the new one. */
  String othersIndexes() {
    String definition = "regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX .+? ON .+? USING', '')";
    return """
        SELECT regexp_replace(indexdef, '^CREATE (UNIQUE )?INDEX .+? ON .+? USING',
          'CREATE \\1INDEX ON ' || %1$s || ' USING')
        FROM pg_catalog.pg_indexes o
        WHERE schemaname = %2$s AND tablename = %3$s AND %4$s NOT IN (
          SELECT %4$s FROM pg_catalog.pg_indexes WHERE schemaname = %5$s AND tablename = %3$s)
        ORDER BY indexname"""
        .formatted(
            literal(built()), literal(target), literal(shape.name()), definition, literal(staging));
  }

  /** What the ViewDefinition says of table and columns. */
  String[] comments() {
    List<String> statements = new ArrayList<>();
    if (!shape.comment().isEmpty()) {
      statements.add("COMMENT ON TABLE " + built() + " IS " + literal(shape.comment()));
    }
    for (TableShape.Column column : shape.columns()) {
      if (!column.comment().isEmpty()) {
        statements.add(comment(column.name(), column.comment()));
      }
    }
    kept.forEach(
        column -> statements.add(comment(column.name(), "No longer in the view; always empty")));
    return statements.toArray(String[]::new);
  }

  /** The rights that others have on the table that is read, as statements for the new one. */
  String rights() {
    return """
        SELECT format('GRANT %%s%%s ON %%s TO %%s%%s', a.privilege_type, g.columns, %s,
          CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
          CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
        FROM (SELECT c.relowner, '' AS columns, c.relacl AS acl
            FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%2$s)
          UNION ALL
          SELECT c.relowner, format(' (%%I)', t.attname), t.attacl
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid
            JOIN pg_catalog.pg_attribute n ON n.attrelid = to_regclass(%1$s)
              AND n.attname = t.attname
            WHERE c.oid = to_regclass(%2$s)) g
        CROSS JOIN LATERAL aclexplode(g.acl) a WHERE a.grantee <> g.relowner"""
        .formatted(literal(built()), literal(read()));
  }

  /** The right to read, for the role that the settings name. */
  String readBy(String role) {
    return "GRANT SELECT ON " + built() + " TO " + Identifiers.role(role);
  }

  /** The step that readers see; part of one transaction. */
  String[] swap() {
    return new String[] {
      "DROP TABLE IF EXISTS " + read(), "ALTER TABLE " + built() + " SET SCHEMA " + quoted(target)
    };
  }

  /** The table that is read, quoted. */
  String read() {
    return quoted(target, shape.name());
  }

  private String built() {
    return quoted(staging, shape.name());
  }

  private String comment(String column, String text) {
    return "COMMENT ON COLUMN %s.%s IS %s".formatted(built(), quoted(column), literal(text));
  }

  private static boolean joined(TableShape.Column column) {
    return !column.collection() && (column.name().equals("id") || column.name().endsWith("_id"));
  }
}
