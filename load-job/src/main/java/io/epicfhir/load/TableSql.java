package io.epicfhir.load;

import static io.epicfhir.load.Identifiers.literal;
import static io.epicfhir.load.Identifiers.quoted;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The statements that build a table beside the one that is read, and put it in its place.
 *
 * @param shape the table
 * @param staging schema where it is built
 * @param target schema where it is read
 */
record TableSql(TableShape shape, String staging, String target) {

  /** An empty table; what an interrupted load left there goes. */
  String[] create() {
    String columns =
        shape.columns().stream()
            .map(column -> quoted(column.name()) + " " + column.sqlType())
            .collect(Collectors.joining(", "));
    return new String[] {
      "DROP TABLE IF EXISTS " + built(), "CREATE TABLE " + built() + " (" + columns + ")"
    };
  }

  /** Whether each row has an id of its own: 1 or 0. Not knowable from the ViewDefinition. */
  String idIsKey() {
    return "SELECT (NOT EXISTS (SELECT FROM %1$s WHERE id IS NULL) AND NOT EXISTS (SELECT FROM %1$s"
            .formatted(built())
        + " GROUP BY id HAVING count(*) > 1))::integer";
  }

  /** Whether there is a column that could be the primary key. */
  boolean hasId() {
    return shape.columns().stream().anyMatch(c -> c.name().equals("id") && !c.collection());
  }

  /**
   * Keys, indexes and comments, once the rows are in, then the planner's statistics: a reader's
   * first query must not be a slow one.
   */
  String[] finish(boolean idIsKey) {
    List<String> statements = new ArrayList<>();
    for (TableShape.Column column : shape.columns()) {
      boolean key = column.name().equals("id") && idIsKey;
      if (key) {
        statements.add("ALTER TABLE " + built() + " ADD PRIMARY KEY (id)");
      } else if (indexed(column)) {
        statements.add("CREATE INDEX ON " + built() + " (" + quoted(column.name()) + ")");
      }
      if (!column.comment().isEmpty()) {
        statements.add(
            "COMMENT ON COLUMN %s.%s IS %s"
                .formatted(built(), quoted(column.name()), literal(column.comment())));
      }
    }
    if (!shape.comment().isEmpty()) {
      statements.add("COMMENT ON TABLE " + built() + " IS " + literal(shape.comment()));
    }
    statements.add("ANALYZE " + built());
    return statements.toArray(String[]::new);
  }

  /** The rights that others have on the table that is read, as statements for the new one. */
  String rights() {
    return """
        SELECT format('GRANT %%s ON %%s TO %%s', a.privilege_type, %s,
          CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
        FROM pg_catalog.pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
        WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner"""
        .formatted(literal(built()), literal(read()));
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

  private static boolean indexed(TableShape.Column column) {
    return !column.collection() && (column.name().equals("id") || column.name().endsWith("_id"));
  }
}
