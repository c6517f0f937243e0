package io.epicfhir.load;

import static io.epicfhir.load.Identifiers.quoted;

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
 */
record RowsSql(TableShape shape, String staging, String target) {

  /** The staging table of the view's rows, or with {@link TableShape#withChange} of changes. */
  String[] create(TableShape staged) {
    String columns =
        staged.columns().stream()
            .map(column -> quoted(column.name()) + " " + column.sqlType())
            .collect(Collectors.joining(", "));
    return new String[] {
      drop(), "CREATE UNLOGGED TABLE " + staged() + " (" + columns + ")",
    };
  }

  String drop() {
    return "DROP TABLE IF EXISTS " + staged();
  }

  /** How many rows lie there; a server that crashed since has emptied it. */
  String countStaged() {
    return "SELECT count(*) FROM " + staged();
  }

  /** Columns that the table that is read lacks. */
  String[] addColumns(List<TableShape.Column> columns) {
    return columns.stream()
        .map(
            column ->
                "ALTER TABLE %s ADD COLUMN %s %s"
                    .formatted(read(), quoted(column.name()), column.sqlType()))
        .toArray(String[]::new);
  }

  String deleteAll() {
    return "DELETE FROM " + read();
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
    return "DELETE FROM %s WHERE %s IN (SELECT %s FROM %s)%s"
        .formatted(
            read(),
            indexed ? TableShape.RESOURCE_ID : "id",
            TableShape.RESOURCE_ID,
            staged(),
            indexed ? "" : byId);
  }

  /** Of each resource what the newest of its commits brought. */
  String insertChanged() {
    return """
        INSERT INTO %s (%s) SELECT %s FROM %s s JOIN (
          SELECT %5$s AS resource, max(%6$s) AS newest FROM %4$s GROUP BY %5$s) m
        ON m.resource = s.%5$s AND m.newest = s.%6$s WHERE NOT s.%7$s"""
        .formatted(
            read(),
            columns(""),
            columns("s."),
            staged(),
            TableShape.RESOURCE_ID,
            ViewChanges.COMMIT,
            ViewChanges.GONE);
  }

  private String columns(String prefix) {
    return shape.columns().stream()
        .map(column -> prefix + quoted(column.name()))
        .collect(Collectors.joining(", "));
  }

  private String staged() {
    return quoted(staging, shape.name());
  }

  private String read() {
    return quoted(target, shape.name());
  }
}
