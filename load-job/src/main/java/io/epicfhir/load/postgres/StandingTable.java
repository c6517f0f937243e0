package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.TableShape;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The table that analysts read, as it is before a load.
 *
 * @param kind as pg_class.relkind has it: a table, also a partitioned or foreign one, or an index
 *     that stands under the table's name; empty where nothing is
 * @param columns in order; none where there is no table
 * @param dependedOn whether it has something that a new table would not have, see {@link Rights}
 * @param resourceIndexed whether its rows are found by their resource; where not, id is the same
 * @param owner the role that owns it
 * @param tablespace where it lies; empty where there is no table
 * @param hidden whether row security may hide its rows from the loader, who owns it
 * @param rewriters triggers and rules that can change rows on their way in
 * @param referenced the columns that others' foreign keys refer to; none where there are none
 * @param referencedBy names of these foreign keys and their tables
 * @param replicated whether it is in a publication but lacks the key that its deletes need there
 * @param rest what else a new table takes over: indexes and comments
 */
record StandingTable(
    String kind,
    List<Column> columns,
    boolean dependedOn,
    boolean resourceIndexed,
    String owner,
    String tablespace,
    boolean hidden,
    List<String> rewriters,
    List<String> referenced,
    String referencedBy,
    boolean replicated,
    String rest) {
  /**
   * A column as it is.
   *
   * @param type as format_type() writes it
   */
  record Column(String name, String type) {}

  private static final String INDEX = "i";

  private static final Map<String, String> OTHERS =
      Map.of("v", "view", "m", "materialized view", "S", "sequence", "c", "composite type");

  /**
   * Looks at a table's catalog entries.
   *
   * @param table schema and name, quoted
   * @throws PostgresFailure of kind REFUSED where something else stands under the name, or where
   *     rows may be hidden that the loader would neither count nor replace
   */
  static StandingTable of(Connection connection, String table) throws SQLException {
    List<Column> columns = columns(connection, table);
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT c.relkind, %2$s, EXISTS (SELECT FROM pg_catalog.pg_index i
                    JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = c.oid AND a.attname = '%3$s'),
                  pg_get_userbyid(c.relowner), s.spcname, %4$s
                FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_database b ON b.datname = current_database()
                LEFT JOIN pg_catalog.pg_tablespace s
                  ON s.oid = coalesce(nullif(c.reltablespace, 0), b.dattablespace)
                WHERE c.oid = to_regclass(%1$s)"""
                    .formatted(
                        literal(table),
                        Rights.UNUSUAL,
                        TableShape.RESOURCE_ID,
                        StandingSql.MORE))) {
      if (!found.next()) {
        return nothing(connection, table);
      }
      String kind = found.getString(1);
      if (OTHERS.containsKey(kind)) {
        throw inTheWay(table, "a " + OTHERS.get(kind));
      }
      if (kind.equalsIgnoreCase(INDEX)) {
        return empty(kind);
      }
      boolean hidden = found.getBoolean(6);
      if (hidden && !found.getBoolean(7)) {
        throw hides(table);
      }
      // Of an id that is no text none is the same as its resource.
      boolean hasId =
          columns.stream().anyMatch(own -> own.name().equals("id") && own.type().equals("text"));
      return new StandingTable(
          kind,
          List.copyOf(columns),
          found.getBoolean(2),
          found.getBoolean(3) || !hasId,
          found.getString(4),
          found.getString(5),
          hidden,
          lines(found.getString(8)),
          lines(found.getString(9)),
          String.valueOf(found.getString(10)),
          found.getBoolean(11),
          found.getString(12));
    }
  }

  private static StandingTable nothing(Connection connection, String table) throws SQLException {
    if (!Sql.texts(connection, StandingSql.type(table)).isEmpty()) {
      throw inTheWay(table, "a type");
    }
    return empty("");
  }

  private static StandingTable empty(String kind) {
    return new StandingTable(
        kind, List.of(), false, false, "", "", false, List.of(), List.of(), "", false, "");
  }

  private static List<String> lines(String text) {
    return text == null ? List.of() : text.lines().toList();
  }

  static PostgresFailure inTheWay(String table, String what) {
    return new PostgresFailure(
        PostgresFailure.Kind.REFUSED,
        "Cannot load %s: %s already has that name; rename or drop it, then rerun"
            .formatted(table.replace("\"", ""), what));
  }

  private static PostgresFailure hides(String table) {
    return new PostgresFailure(
        PostgresFailure.Kind.REFUSED,
        "Cannot load %s: row security may hide some of its rows from load.user, which does not own the table. Give that role BYPASSRLS, or add a policy FOR ALL USING (true) to the table, then rerun."
            .formatted(table.replace("\"", "")));
  }

  private static List<Column> columns(Connection connection, String table) throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
                ORDER BY attnum"""
                    .formatted(literal(table)))) {
      while (found.next()) {
        columns.add(new Column(found.getString(1), found.getString(2)));
      }
    }
    return columns;
  }

  /** Whether there is a table. */
  boolean exists() {
    return !kind.isEmpty() && !isIndex();
  }

  /**
   * Whether a new table, without rows or columns, has something beside rights that it must keep.
   */
  boolean hasMoreThanRights() {
    return dependedOn || rest.lines().count() > 1; // its oid, and comments
  }

  /** Whether an index stands under the table's name. */
  boolean isIndex() {
    return kind.equalsIgnoreCase(INDEX);
  }

  /** Whether LOCK TABLE takes it. */
  boolean canBeLocked() {
    return kind.equals("r") || kind.equals("p");
  }

  /**
   * Where its own rows are. Those of a table that somebody made a child of it (INHERITS) are not
   * ours; a partitioned table has none but its partitions'.
   *
   * @param read the table, quoted
   */
  String from(String read) {
    return kind.equals("p") ? read : "ONLY " + read;
  }

  /** Whether it has all of the view's columns as the view has them. */
  boolean has(TableShape shape) {
    return missing(shape).isEmpty() && retyped(shape).isEmpty();
  }

  /** The view's columns that it lacks. */
  List<TableShape.Column> missing(TableShape shape) {
    return shape.columns().stream()
        .filter(column -> columns.stream().noneMatch(own -> own.name().equals(column.name())))
        .toList();
  }

  /** The view's columns that it has with another type. */
  List<TableShape.Column> retyped(TableShape shape) {
    return shape.columns().stream()
        .filter(
            column ->
                columns.stream()
                    .anyMatch(
                        own ->
                            own.name().equals(column.name())
                                && !own.type().equals(PostgresType.sql(column))))
        .toList();
  }

  /** Its columns that the view does not have. */
  List<Column> beyond(TableShape shape) {
    return columns.stream()
        .filter(
            own -> shape.columns().stream().noneMatch(column -> column.name().equals(own.name())))
        .toList();
  }
}
