package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.quoted;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewChanges;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The statements that change the rows of a table that is read, in its place: all that stands on it
 * stays, and nobody waits for them. The new rows lie in a staging table without a log, which is
 * gone after it.
 *
 * @param shape the columns of the table that is read
 * @param staging schema where the new rows lie
 * @param target schema where it is read
 * @param from the table that is read, as {@link StandingTable#from} has it
 */
record RowsSql(TableShape shape, String staging, String target, String from) {

  /** The staging table of the view's rows, or with {@link TableShape#withChange} of changes. */
  String[] create(TableShape staged) {
    String columns =
        staged.columns().stream()
            .map(column -> quoted(column.name()) + " " + PostgresType.sql(column))
            .collect(Collectors.joining(", "));
    return new String[] {
      drop(), "CREATE UNLOGGED TABLE " + staged() + " (" + columns + ")",
    };
  }

  String drop() {
    return "DROP TABLE IF EXISTS " + staged();
  }

  /** A table without a log is empty after a crash of the server; then all of it is tried again. */
  void stillThere(Connection connection, Loaded loaded) throws SQLException {
    if (Sql.number(connection, "SELECT count(*) FROM " + staged()) != loaded.rows()) {
      throw new PostgresFailure(
          PostgresFailure.Kind.BROKEN, "The server lost the staged rows; rerun");
    }
  }

  /** Columns that the table that is read lacks. */
  String[] addColumns(List<TableShape.Column> columns) {
    return columns.stream()
        .map(
            column ->
                "ALTER TABLE %s ADD COLUMN %s %s"
                    .formatted(read(), quoted(column.name()), PostgresType.sql(column)))
        .toArray(String[]::new);
  }

  String deleteAll() {
    return "DELETE FROM " + from;
  }

  String insertAll() {
    return "INSERT INTO %s (%s) SELECT %2$s FROM %s".formatted(read(), columns(""), staged());
  }

  /**
   * All rows of the resources that changed.
   *
   * @param indexed whether the resource has an index; else the rows are found by id, which it is.
   *     Where it is not any more, rows are left, and too many are counted in the end
   */
  String deleteChanged(boolean indexed) {
    String byId = " AND id = " + TableShape.RESOURCE_ID;
    return "DELETE FROM %s WHERE %s%s".formatted(from, ofChanged(indexed), indexed ? "" : byId);
  }

  /** Which rows are of the resources that changed. */
  String ofChanged(boolean indexed) {
    return "%s IN (SELECT %s FROM %s)"
        .formatted(indexed ? TableShape.RESOURCE_ID : "id", TableShape.RESOURCE_ID, staged());
  }

  /**
   * 1 where the changes cannot be taken in by resource: a row that came has none, or, where the
   * table's rows are known by their id, another one than its id; else 0.
   */
  String unfit(boolean indexed) {
    String other = " OR (NOT %s AND id IS DISTINCT FROM %s)";
    return "SELECT EXISTS (SELECT 1 FROM %s WHERE %s IS NULL%s)::integer"
        .formatted(
            staged(),
            TableShape.RESOURCE_ID,
            indexed ? "" : other.formatted(ViewChanges.GONE, TableShape.RESOURCE_ID));
  }

  /** Of each resource what the newest of its commits brought. */
  String insertChanged() {
    return "INSERT INTO %s (%s) %s".formatted(read(), columns(""), newest());
  }

  /** 1 where the table that is read has the same rows as the staging table, else 0. */
  String sameRows() {
    return same(from, staged());
  }

  /** 1 where the rows of the resources that changed are the ones that came, else 0. */
  String sameChanged() {
    return same(
        "(SELECT * FROM %s WHERE %s IN (SELECT %2$s FROM %s)) r"
            .formatted(from, TableShape.RESOURCE_ID, staged()),
        "(" + newest() + ") n");
  }

  /**
   * By a digest of each row's text, in the words of one server: no two sides can spell it apart.
   */
  private String same(String one, String other) {
    String digest = "(SELECT (count(*), sum(hashtextextended(ROW(%s)::text, 0)::numeric)) FROM %s)";
    return "SELECT (%s IS NOT DISTINCT FROM %s)::integer"
        .formatted(digest.formatted(columns(""), one), digest.formatted(columns(""), other));
  }

  String newest() {
    return """
        SELECT %s FROM %s s JOIN (
          SELECT %3$s AS resource, max(%4$s) AS newest FROM %2$s GROUP BY %3$s) m
        ON m.resource = s.%3$s AND m.newest = s.%4$s WHERE NOT s.%5$s"""
        .formatted(
            columns("s."), staged(), TableShape.RESOURCE_ID, ViewChanges.COMMIT, ViewChanges.GONE);
  }

  private String columns(String prefix) {
    return shape.columns().stream()
        .map(column -> prefix + quoted(column.name()))
        .collect(Collectors.joining(", "));
  }

  String staged() {
    return quoted(staging, shape.name());
  }

  String read() {
    return quoted(target, shape.name());
  }
}
