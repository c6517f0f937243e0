package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.TableShape;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * The table that analysts read, as it is before a load.
 *
 * @param columns in order; none where there is no table
 * @param dependedOn whether it has something that a new table would not have, see {@link Rights}
 * @param resourceIndexed whether its rows are found by their resource; where not, id is the same
 * @param owner the role that owns it
 * @param tablespace where it lies; empty for the database's own
 * @param hidden whether row security hides its rows from the loader, who owns it
 * @param rewriters triggers and rules that can change rows on their way in
 */
record StandingTable(
    List<Column> columns,
    boolean dependedOn,
    boolean resourceIndexed,
    String owner,
    String tablespace,
    boolean hidden,
    List<String> rewriters) {
  /**
   * A column as it is.
   *
   * @param type as format_type() writes it
   */
  record Column(String name, String type) {}

  private static final StandingTable NONE =
      new StandingTable(List.of(), false, false, "", "", false, List.of());

  /**
   * Looks at a table's catalog entries.
   *
   * @param table schema and name, quoted
   */
  static StandingTable of(Connection connection, String table) throws SQLException {
    List<Column> columns = columns(connection, table);
    List<String> rewriters =
        Sql.texts(
            connection,
            """
            SELECT 'trigger ' || tgname FROM pg_catalog.pg_trigger
            WHERE tgrelid = to_regclass(%1$s) AND NOT tgisinternal AND tgenabled <> 'D'
            UNION ALL SELECT 'rule ' || rulename FROM pg_catalog.pg_rewrite
            WHERE ev_class = to_regclass(%1$s) AND ev_enabled <> 'D' ORDER BY 1"""
                .formatted(literal(table)));
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT %2$s, EXISTS (SELECT FROM pg_catalog.pg_index i
                    JOIN pg_catalog.pg_attribute a
                    ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                    WHERE i.indrelid = c.oid AND a.attname = '%3$s'),
                  pg_get_userbyid(c.relowner), coalesce(s.spcname, ''),
                  c.relrowsecurity AND c.relforcerowsecurity AND NOT (SELECT rolsuper
                    OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user)
                FROM pg_catalog.pg_class c
                LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
                WHERE c.oid = to_regclass(%1$s)"""
                    .formatted(literal(table), Rights.UNUSUAL, TableShape.RESOURCE_ID))) {
      if (!found.next()) {
        return NONE;
      }
      boolean hasId = columns.stream().anyMatch(column -> column.name().equals("id"));
      return new StandingTable(
          List.copyOf(columns),
          found.getBoolean(1),
          found.getBoolean(2) || !hasId,
          found.getString(3),
          found.getString(4),
          found.getBoolean(5),
          rewriters);
    }
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
    return !columns.isEmpty();
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
