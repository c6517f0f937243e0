package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.quoted;
import static io.epicfhir.load.sql.Identifiers.shown;

import io.epicfhir.load.postgres.copy.FixedTimes;
import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.RefusedTable;
import io.epicfhir.load.settings.LoadSettings.RefusedPolicy;
import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Values that no type of PostgreSQL takes, such as 2024-02-30 as a date: judged by PostgreSQL
 * itself, counted, and listed in a table that only the pipeline's role reads.
 */
public record RefusedValues(PostgresLoad load) {
  private static final String OWN = "pg_temp.load_takes";

  /** What was found in the rows that are copied, until these are the table's. */
  private static final String FOUND = "pg_temp.load_refused";

  /** Servers before PostgreSQL 16 cannot be asked about a value without an error. */
  private static final String TAKES =
      """
      CREATE OR REPLACE FUNCTION pg_temp.load_takes(v text, t text) RETURNS boolean
      LANGUAGE plpgsql AS $$ BEGIN
        EXECUTE format('SELECT %L::%s', v, t); RETURN true;
      EXCEPTION WHEN data_exception THEN RETURN false; END $$""";

  /** Looks for them in the rows that lie in the view's staging table as text. */
  void judge(TableShape shape) throws SQLException {
    PostgresSession session = load.session();
    session.execute(
        drop(),
        "ALTER TABLE "
            + load.state().staging(shape.name())
            + " RENAME TO "
            + quoted(RefusedTable.AS_TEXT));
    String takes = takes();
    if (takes.equals(OWN)) {
      session.execute(TAKES);
    }
    session.execute(
        "CREATE TEMPORARY TABLE IF NOT EXISTS load_refused (LIKE "
            + table()
            + " INCLUDING DEFAULTS)",
        "DELETE FROM " + FOUND + " WHERE view = " + literal(shape.name()));
    for (TableShape.Column column : shape.columns()) {
      if (column.type() != ColumnType.TEXT) {
        session.execute(list(shape, column, takes));
      }
    }
  }

  private String list(TableShape shape, TableShape.Column column, String takes) {
    String name = quoted(column.name());
    return """
        INSERT INTO %s (target_schema, view, column_name, column_type, resource_id, value, is_null)
        SELECT %s, %s, %s, %s, %s, v, %s FROM %s, LATERAL (%s) e(v)
        WHERE v IS NOT NULL AND NOT %s"""
        .formatted(
            FOUND,
            literal(load.settings().schema()),
            literal(shape.name()),
            literal(column.name()),
            literal(PostgresType.sql(column.type())),
            shape.isByResource() ? TableShape.RESOURCE_ID : "NULL",
            load.settings().refusedValues() == RefusedPolicy.NULL,
            asText(),
            column.collection() ? "SELECT unnest(" + name + ")" : "SELECT " + name,
            call(takes, "v", column.type()));
  }

  /** What to say of those that were found; empty where there are none. */
  String problem(ViewSnapshot view) throws SQLException {
    List<String> columns = columns(FOUND, view.name());
    return columns.isEmpty()
        ? ""
        : "Cannot load %s: PostgreSQL refuses %s. The table keeps its last rows. %s To load such values as null, set load.refused-values to null."
            .formatted(load.nameOf(view), String.join(", ", columns), where(view.name()));
  }

  /** What the tables lack because PostgreSQL refuses it, a sentence a view. */
  List<String> warnings() throws SQLException {
    // A table that somebody dropped with its view has no nulls any more.
    load.session()
        .execute(
            "DELETE FROM %s WHERE target_schema = %s AND is_null AND to_regclass(format('%%I.%%I', target_schema, view)) IS NULL"
                .formatted(table(), literal(load.settings().schema())));
    List<String> warnings = new ArrayList<>();
    for (String view :
        Sql.texts(
            load.session().connection(),
            "SELECT DISTINCT view FROM %s WHERE target_schema = %s AND is_null ORDER BY view"
                .formatted(table(), literal(load.settings().schema())))) {
      warnings.add(
          "%s.%s has null in place of %s, which PostgreSQL refuses (load.refused-values = null). %s"
              .formatted(
                  load.settings().schema(),
                  view,
                  String.join(", ", columns(table(), view)),
                  where(view)));
    }
    return warnings;
  }

  private String where(String view) {
    String list = shown(load.settings().stateSchema(), RefusedTable.NAME);
    return "To list them, run: SELECT * FROM %s WHERE view = '%s'.".formatted(list, view);
  }

  private List<String> columns(String list, String view) throws SQLException {
    List<String> columns = new ArrayList<>();
    try (Statement statement = load.session().connection().createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT column_name, column_type, count(*) FROM %s
                WHERE target_schema = %s AND view = %s GROUP BY 1, 2 ORDER BY 1"""
                    .formatted(list, literal(load.settings().schema()), literal(view)))) {
      while (found.next()) {
        columns.add(
            "%d value(s) of column %s (%s)"
                .formatted(found.getLong(3), found.getString(1), found.getString(2)));
      }
    }
    return columns;
  }

  /** A query for the rows in the view's types, with null for each value that is refused. */
  String typed(TableShape shape) throws SQLException {
    String takes = takes();
    List<String> values = new ArrayList<>();
    for (TableShape.Column column : shape.columns()) {
      String name = quoted(column.name());
      if (column.type() == ColumnType.TEXT) {
        values.add(name);
      } else if (column.collection()) {
        values.add(
            "CASE WHEN %s IS NOT NULL THEN ARRAY(SELECT CASE WHEN %s THEN v::%s END FROM unnest(%1$s) WITH ORDINALITY e(v, n) ORDER BY n) END"
                .formatted(name, call(takes, "v", column.type()), PostgresType.sql(column.type())));
      } else {
        values.add(
            "CASE WHEN %s THEN %s::%s END"
                .formatted(
                    call(takes, name, column.type()), name, PostgresType.sql(column.type())));
      }
    }
    return values.stream().collect(Collectors.joining(", ", "SELECT ", " FROM " + asText()));
  }

  /**
   * The view's list is what was found, or empty. In the transaction that makes the rows the
   * table's, since the list shows what the table lacks.
   *
   * @param some whether something was found
   */
  void note(Connection connection, String view, boolean some) throws SQLException {
    forget(connection, view);
    if (some) {
      Sql.update(
          connection,
          "INSERT INTO " + table() + " SELECT * FROM " + FOUND + " WHERE view = ?",
          view);
    }
  }

  /** The view's entries go. */
  private void forget(Connection connection, String view) throws SQLException {
    Sql.update(
        connection,
        "DELETE FROM " + table() + " WHERE target_schema = ? AND view = ?",
        load.settings().schema(),
        view);
  }

  /** The entries of resources that changed go; their rows lie in the staging table. */
  void forgetChanged(Connection connection, String view) throws SQLException {
    Sql.update(
        connection,
        "DELETE FROM %s WHERE target_schema = ? AND view = ? AND resource_id IN (SELECT %s FROM %s)"
            .formatted(table(), TableShape.RESOURCE_ID, load.state().staging(view)),
        load.settings().schema(),
        view);
  }

  String drop() {
    return "DROP TABLE IF EXISTS " + asText();
  }

  /** The function that judges a value: the server's own where it has one. */
  private String takes() throws SQLException {
    // Somebody's own of that name, for older servers, is not the one that is called.
    String there =
        "SELECT count(*) FROM pg_catalog.pg_proc WHERE proname = 'pg_input_is_valid'"
            + " AND pronamespace = 'pg_catalog'::regnamespace";
    return load.session().number(there) > 0 ? "pg_catalog.pg_input_is_valid" : OWN;
  }

  private static String call(String takes, String value, ColumnType type) {
    String taken = takes + "(" + value + ", " + literal(PostgresType.sql(type)) + ")";
    return "(" + FixedTimes.condition(type, value) + " AND " + taken + ")";
  }

  private String asText() {
    return quoted(load.settings().stateSchema(), RefusedTable.AS_TEXT);
  }

  private String table() {
    return quoted(load.settings().stateSchema(), RefusedTable.NAME);
  }
}
