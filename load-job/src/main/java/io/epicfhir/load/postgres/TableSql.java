package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.sql.Identifiers;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

  /**
   * An empty table; what an interrupted load left there goes.
   *
   * @param tablespace where it lies; empty for that of any new table
   */
  String[] create(String tablespace) {
    Stream<String> view =
        shape.columns().stream()
            .map(column -> quoted(column.name()) + " " + PostgresType.sql(column));
    // Somebody else's column may be called anything, as a role may.
    Stream<String> stay =
        kept.stream().map(column -> Identifiers.role(column.name()) + " " + column.type());
    String columns = Stream.concat(view, stay).collect(Collectors.joining(", "));
    String in = tablespace.isEmpty() ? "" : " TABLESPACE " + Identifiers.role(tablespace);
    return new String[] {
      "DROP TABLE IF EXISTS " + built(), "CREATE TABLE " + built() + " (" + columns + ")" + in
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

  /** The name of the primary key of the table that is read. */
  String foundPrimaryKey() {
    return "SELECT conname FROM pg_catalog.pg_constraint"
        + " WHERE contype = 'p' AND conrelid = to_regclass("
        + literal(read())
        + ")";
  }

  /**
   * Fails with a unique violation where an id comes twice after all.
   *
   * @param name the key's name, quoted
   * @param table the table, quoted
   */
  static String primaryKey(String name, String table) {
    return "ALTER TABLE " + table + " ADD CONSTRAINT " + name + " PRIMARY KEY (id)";
  }

  /**
   * Columns that have an index of their own.
   *
   * @param table the table, quoted
   */
  static String indexedColumns(String table) {
    return """
        SELECT a.attname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
        ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = to_regclass(%s) AND i.indisvalid AND i.indnatts = 1
          AND (i.indpred IS NULL
            OR pg_get_expr(i.indpred, i.indrelid) = format('(%%I IS NOT NULL)', a.attname))"""
        .formatted(literal(table));
  }

  /** Columns in which the statistics saw no value in any row. */
  String emptyColumns() {
    return "SELECT attname FROM pg_catalog.pg_stats WHERE null_frac = 1 AND schemaname = %s AND tablename = %s"
        .formatted(literal(staging), literal(shape.name()));
  }

  /** Whether each row has a resource, and an id that may be the same. */
  private boolean idMayBeResource() {
    return shape.isByResource()
        && shape.columns().stream()
            .anyMatch(c -> c.name().equals("id") && c.type() == ColumnType.TEXT);
  }

  /** Which rows have another id than their resource's, as a condition. */
  String idIsAnother() {
    return idMayBeResource() ? "id IS DISTINCT FROM " + TableShape.RESOURCE_ID : "true";
  }

  /**
   * What tables are joined by, and where the view asks for an index.
   *
   * @param without columns that have one, or need none
   */
  List<TableShape.Column> indexes(Set<String> without) {
    return shape.columns().stream()
        .filter(TableSql::joined)
        .filter(column -> !without.contains(column.name()))
        .toList();
  }

  /**
   * An index on a column, once the rows are in.
   *
   * @param name its name, quoted
   * @param table the table, quoted
   * @param empty whether hardly a row has a value: then it has an entry for those only
   */
  static String index(String name, String table, TableShape.Column column, boolean empty) {
    String own = quoted(column.name());
    return "CREATE INDEX %s ON %s%s (%s)%s"
        .formatted(
            name,
            table,
            column.collection() ? " USING gin" : "",
            own,
            empty && !column.name().equals(TableShape.RESOURCE_ID)
                ? " WHERE " + own + " IS NOT NULL"
                : "");
  }

  /** What the ViewDefinition says of the table (under the empty name) and of each column. */
  Map<String, String> ownComments() {
    Map<String, String> own = new LinkedHashMap<>();
    own.put("", shape.comment());
    shape.columns().forEach(column -> own.put(column.name(), column.comment()));
    kept.forEach(column -> own.put(column.name(), "No longer in the view; always empty"));
    return own;
  }

  /**
   * Comments: our own, and where somebody else wrote one, theirs.
   *
   * @param table the table that gets them, quoted
   * @param found what the table that is read has, in the names of {@link #ownComments}; null where
   *     there is none
   * @param written what the last load wrote; null where that is not known
   */
  String[] comments(String table, Map<String, String> found, Map<String, String> written) {
    return ownComments().entrySet().stream()
        .map(own -> Map.entry(own.getKey(), comment(own, found, written)))
        .filter(comment -> !comment.getValue().isEmpty())
        .map(comment -> comment(table, comment.getKey(), comment.getValue()))
        .toArray(String[]::new);
  }

  private static String comment(
      Map.Entry<String, String> own, Map<String, String> found, Map<String, String> written) {
    if (found == null || !found.containsKey(own.getKey())) {
      return own.getValue();
    }
    String now = found.get(own.getKey());
    if (written == null) {
      return own.getValue().isEmpty() ? now : own.getValue();
    }
    if (!written.containsKey(own.getKey())) {
      return now.isEmpty() ? own.getValue() : now; // no load wrote it
    }
    return Objects.equals(now, written.get(own.getKey())) ? own.getValue() : now;
  }

  /** The right to read the table that is read, for the role that the settings name. */
  String readBy(String role) {
    return "GRANT SELECT ON " + read() + " TO " + Identifiers.role(role);
  }

  /** The step that readers see; part of one transaction. */
  String[] swap() {
    return new String[] {
      "DROP TABLE IF EXISTS " + read(), "ALTER TABLE " + built() + " SET SCHEMA " + quoted(target)
    };
  }

  /** The comments of the table that is read: name of the column, or empty, and text. */
  String foundComments() {
    return """
        SELECT coalesce(a.attname, ''), coalesce(d.description, '')
        FROM (SELECT 0 AS attnum, NULL::name AS attname UNION ALL
          SELECT attnum, attname FROM pg_catalog.pg_attribute
          WHERE attrelid = to_regclass(%1$s) AND attnum > 0 AND NOT attisdropped) a
        LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_class'::regclass
          AND d.objoid = to_regclass(%1$s) AND d.objsubid = a.attnum"""
        .formatted(literal(read()));
  }

  /** The table that is read, quoted. */
  String read() {
    return quoted(target, shape.name());
  }

  /** The table that is built, quoted. */
  String built() {
    return quoted(staging, shape.name());
  }

  /**
   * A comment.
   *
   * @param table the table, quoted
   * @param column its name; empty for the table itself
   */
  static String comment(String table, String column, String text) {
    String on =
        column.isEmpty() ? "TABLE " + table : "COLUMN " + table + "." + Identifiers.role(column);
    return "COMMENT ON " + on + " IS " + literal(text);
  }

  private static boolean joined(TableShape.Column column) {
    return column.indexed()
        || (!column.collection() && (column.name().equals("id") || column.name().endsWith("_id")));
  }
}
