package io.epicfhir.load;

import static io.epicfhir.load.Identifiers.literal;

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
 * @param dependedOn whether something that a new table would not have stands on it: SQL views,
 *     foreign keys, triggers, row security, publications
 * @param resourceIndexed whether its rows are found by their resource; where not, id is the same
 */
record StandingTable(List<Column> columns, boolean dependedOn, boolean resourceIndexed) {
  /**
   * A column as it stands.
   *
   * @param type as format_type() writes it
   */
  record Column(String name, String type) {}

  /**
   * Looks at a table's catalog entries.
   *
   * @param table schema and name, quoted
   */
  static StandingTable of(Connection connection, String table) throws SQLException {
    String name = literal(table);
    List<Column> columns = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT attname, format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
                WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
                ORDER BY attnum"""
                    .formatted(name))) {
      while (found.next()) {
        columns.add(new Column(found.getString(1), found.getString(2)));
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT EXISTS (SELECT FROM pg_catalog.pg_depend
                WHERE refclassid = 'pg_class'::regclass AND refobjid = to_regclass(%1$s)
                  AND (deptype = 'n' OR classid IN ('pg_trigger'::regclass,
                    'pg_policy'::regclass, 'pg_publication_rel'::regclass))),
                EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
                  ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                  WHERE i.indrelid = to_regclass(%1$s) AND a.attname = '%2$s')"""
                    .formatted(name, TableShape.RESOURCE_ID))) {
      found.next();
      boolean hasId = columns.stream().anyMatch(column -> column.name().equals("id"));
      return new StandingTable(
          List.copyOf(columns), found.getBoolean(1), found.getBoolean(2) || !hasId);
    }
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
                                && !own.type().equals(column.sqlType())))
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
