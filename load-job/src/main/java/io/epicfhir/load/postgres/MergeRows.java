package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.TableShape;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
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
  record Written(long came, long went) {}

  /**
   * Takes them in.
   *
   * @param scope further condition of the rows that are deleted if they are not among the new ones
   * @throws PostgresFailure before anything is deleted, if the key does not distinguish the rows
   *     that the foreign keys refer to
   */
  Written into(Connection connection, String scope) throws SQLException {
    requireKey(connection);
    String same = key(column -> "n." + column + " = t." + column, " AND ");
    String values =
        shape.columns().stream()
            .map(TableShape.Column::name)
            .filter(column -> !table.referenced().contains(column))
            .map(column -> quoted(column) + " = n." + quoted(column))
            .collect(Collectors.joining(", "));
    String columns = columns("");
    try (Statement statement = connection.createStatement()) {
      long deleted =
          statement.executeLargeUpdate(
              "DELETE FROM %s t WHERE %s AND NOT EXISTS (SELECT FROM %s n WHERE %s)"
                  .formatted(table.from(read), scope, source, same));
      long updated =
          values.isEmpty()
              ? 0
              : statement.executeLargeUpdate(
                  "UPDATE %s t SET %s FROM %s n WHERE %s"
                      .formatted(table.from(read), values, source, same));
      long inserted =
          statement.executeLargeUpdate(
              "INSERT INTO %s (%s) SELECT %s FROM %s n WHERE NOT EXISTS (SELECT FROM %s t WHERE %s)"
                  .formatted(read, columns, columns("n."), source, table.from(read), same));
      return new Written(updated + inserted, deleted + updated);
    }
  }

  private void requireKey(Connection connection) throws SQLException {
    boolean has =
        table.referenced().stream()
            .allMatch(key -> shape.columns().stream().anyMatch(c -> c.name().equals(key)));
    if (!has) {
      throw refused("which its view does not have");
    }
    // No foreign key refers to a row without a value; such rows are deleted and inserted.
    String twice =
        "SELECT EXISTS (SELECT FROM %s n WHERE %s GROUP BY %s HAVING count(*) > 1)::integer"
            .formatted(
                source,
                key(column -> "n." + column + " IS NOT NULL", " AND "),
                key(column -> "n." + column, ", "));
    if (Sql.number(connection, twice) != 0) {
      throw refused("and the view has several rows with the same value");
    }
  }

  PostgresFailure refused(String why) {
    return new PostgresFailure(
        PostgresFailure.Kind.DEPENDED_ON,
        "Cannot load %s: the foreign key %s refers to its column %s, %s. The table keeps its last rows; drop the foreign key, then rerun."
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
