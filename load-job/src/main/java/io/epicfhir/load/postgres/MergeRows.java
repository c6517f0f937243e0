package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.TableShape;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * New rows in a table that others' foreign keys refer to. A row that stays is updated, so that no
 * foreign key takes it for deleted and deletes, empties or refuses somebody else's rows. Only rows
 * that the view lost are deleted, and their foreign keys decide.
 *
 * @param name the table's name for people
 * @param table what stands there
 * @param shape the columns of the new rows
 * @param read the table, quoted
 * @param source the new rows, as a subquery
 */
record MergeRows(String name, StandingTable table, TableShape shape, String read, String source) {

  /**
   * What a change did.
   *
   * @param came rows that were inserted or updated
   * @param went rows that were deleted or updated
   */
  record Written(long came, long went) {
    Written and(Written more) {
      return new Written(came + more.came, went + more.went);
    }
  }

  /**
   * Takes them in, in one statement: foreign keys are asked at its end, also those between the
   * table's own rows.
   *
   * @param scope further condition of the rows that are deleted if they are not among the new ones
   * @throws PostgresFailure before anything is deleted, if the key does not distinguish the rows
   *     that the foreign keys refer to
   */
  Written into(Connection connection, String scope) throws SQLException {
    requireKey(connection);
    return run(connection, delete(scope));
  }

  /**
   * The first half: rows come and change. Those without the key go, too, as nothing refers to them.
   *
   * @param scope as for {@link #into}
   */
  Written come(Connection connection, String scope) throws SQLException {
    requireKey(connection);
    return run(
        connection,
        "DELETE FROM %s t WHERE %s AND NOT (%s)".formatted(table.from(read), scope, keyed()));
  }

  /**
   * The second half: rows go, once no new row of another table refers to them.
   *
   * @param scope as for {@link #into}
   */
  Written go(Connection connection, String scope) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      String delete = delete(scope) + " AND " + keyed();
      return new Written(0, statement.executeLargeUpdate(delete));
    }
  }

  private Written run(Connection connection, String delete) throws SQLException {
    List<String> all = new ArrayList<>(List.of(delete));
    String values =
        shape.columns().stream()
            .map(TableShape.Column::name)
            .filter(column -> !table.referenced().contains(column))
            .map(column -> quoted(column) + " = n." + quoted(column))
            .collect(Collectors.joining(", "));
    String columns = columns("");
    all.add(
        "INSERT INTO %s (%s) SELECT %s FROM %s n WHERE NOT EXISTS (SELECT FROM %s t WHERE %s)"
            .formatted(read, columns, columns("n."), source, table.from(read), same()));
    if (!values.isEmpty()) {
      all.add(
          1,
          "UPDATE %s t SET %s FROM %s n WHERE %s"
              .formatted(table.from(read), values, source, same()));
    }
    // PostgreSQL takes no statement of several parts on a table with rules.
    boolean apart = table.rewriters().stream().anyMatch(by -> by.startsWith("rule "));
    List<Long> rows = apart ? oneByOne(connection, all) : together(connection, all);
    long updated = values.isEmpty() ? 0 : rows.get(1);
    return new Written(updated + rows.get(rows.size() - 1), rows.get(0) + updated);
  }

  private static List<Long> oneByOne(Connection connection, List<String> statements)
      throws SQLException {
    List<Long> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        rows.add(statement.executeLargeUpdate(sql));
      }
    }
    return rows;
  }

  /** The order of the counts is that in which PostgreSQL runs the parts: unique values go first. */
  private static List<Long> together(Connection connection, List<String> statements)
      throws SQLException {
    List<String> parts = new ArrayList<>();
    List<String> counts = new ArrayList<>();
    for (String sql : statements) {
      String part = "part" + parts.size();
      parts.add("%s AS (%s RETURNING 1)".formatted(part, sql));
      counts.add("(SELECT count(*) FROM " + part + ")");
    }
    String all = "WITH " + String.join(", ", parts) + " SELECT " + String.join(", ", counts);
    List<Long> rows = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(all)) {
      found.next();
      for (int i = 1; i <= counts.size(); i++) {
        rows.add(found.getLong(i));
      }
    }
    return rows;
  }

  private String delete(String scope) {
    return "DELETE FROM %s t WHERE %s AND NOT EXISTS (SELECT FROM %s n WHERE %s)"
        .formatted(table.from(read), scope, source, same());
  }

  private String same() {
    return key(column -> "n." + column + " = t." + column, " AND ");
  }

  private String keyed() {
    return key(column -> "t." + column + " IS NOT NULL", " AND ");
  }

  private void requireKey(Connection connection) throws SQLException {
    boolean has =
        table.referenced().stream()
            .allMatch(key -> shape.columns().stream().anyMatch(c -> c.name().equals(key)));
    if (!has) {
      throw refused("which the view does not have");
    }
    // No foreign key refers to a row without a value; such rows are deleted and inserted.
    String twice =
        "SELECT EXISTS (SELECT FROM %s n WHERE %s GROUP BY %s HAVING count(*) > 1)::integer"
            .formatted(
                source,
                key(column -> "n." + column + " IS NOT NULL", " AND "),
                key(column -> "n." + column, ", "));
    if (Sql.number(connection, twice) != 0) {
      throw refused("in which the view has several rows with the same value");
    }
  }

  PostgresFailure refused(String why) {
    return new PostgresFailure(
        PostgresFailure.Kind.DEPENDED_ON,
        "Cannot load %s: the foreign key %s refers to the column %s, %s. The table keeps its last rows; drop the foreign key, then rerun."
            .formatted(name, table.referencedBy(), String.join(", ", table.referenced()), why));
  }

  private String key(UnaryOperator<String> each, String between) {
    return table.referenced().stream()
        .map(column -> each.apply(quoted(column)))
        .collect(Collectors.joining(between));
  }

  private String columns(String prefix) {
    return shape.columns().stream()
        .map(column -> prefix + quoted(column.name()))
        .collect(Collectors.joining(", "));
  }
}
