package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.role;

import io.epicfhir.common.ExitCode;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.TableShape;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * New columns of a view whose table stays, with their comments and indexes. The table has them
 * before it has the rows, and a try whose rows did not come leaves them there: so those are new
 * that the last load did not leave.
 *
 * @param missing those that the table lacks
 * @param columns all of them
 */
record AddedColumns(
    PostgresLoad load,
    LoadRequest request,
    List<TableShape.Column> missing,
    List<TableShape.Column> columns) {

  /** The table's columns are those of another one. */
  private static final String WRONG_KIND = "42809";

  /** Of a table that is there. */
  static AddedColumns of(PostgresLoad load, LoadRequest request, StandingTable table)
      throws SQLException {
    TableShape shape = request.view().shape();
    List<TableShape.Column> missing = table.missing(shape);
    Optional<TableMark> left =
        load.state().last(load.session().connection(), shape.name()).flatMap(LastLoad::mark);
    List<TableShape.Column> columns =
        shape.columns().stream()
            .filter(
                column ->
                    missing.contains(column)
                        || left.filter(mark -> !mark.has(column.name())).isPresent())
            .toList();
    return new AddedColumns(load, request, missing, columns);
  }

  private String read() {
    return load.read(request.view().name());
  }

  /** Adds them, before the rows: readers see them empty until these come. */
  void add(RowsSql sql) throws SQLException {
    if (!missing.isEmpty()) {
      addMissing(sql);
    }
    if (!columns.isEmpty()) {
      index();
    }
  }

  private void addMissing(RowsSql sql) throws SQLException {
    List<String> statements = new ArrayList<>(List.of(sql.addColumns(missing)));
    for (TableShape.Column column : missing) {
      if (!column.comment().isEmpty()) {
        statements.add(TableSql.comment(read(), column.name(), column.comment()));
      }
    }
    try {
      inTurn(statements);
    } catch (PostgresFailure e) {
      throw e.sqlState().equals(WRONG_KIND) ? ofAnother() : e;
    }
  }

  /** In a transaction of their own. */
  private void inTurn(List<String> statements) throws SQLException {
    load.patiently(
        load.nameOf(request.view()),
        request.patience(),
        connection -> Sql.execute(connection, statements));
  }

  private PostgresFailure ofAnother() {
    String names = columns.stream().map(TableShape.Column::name).collect(Collectors.joining(", "));
    return new PostgresFailure(
        PostgresFailure.Kind.DEPENDED_ON,
        "Cannot load %s: its view has new columns (%s), but PostgreSQL cannot add columns to a partition or to a table of a composite type. Ask the owner of the parent table or of the type to add them, or detach the table, then rerun."
            .formatted(load.nameOf(request.view()), names));
  }

  /**
   * The comments that are ours now, as JSON; null where none came, or nobody knows. One that
   * somebody else wrote stays theirs.
   */
  String comments(Connection connection) throws SQLException {
    Map<String, String> written =
        load.state().last(connection, request.view().name()).map(Comments::written).orElse(null);
    if (columns.isEmpty() || written == null) {
      return null;
    }
    Map<String, String> found = Comments.of(connection, tableSql().foundComments());
    Map<String, String> all = new TreeMap<>(written);
    for (TableShape.Column column : columns) {
      if (column.comment().equals(found.get(column.name()))) {
        all.put(column.name(), column.comment());
      }
    }
    return Comments.json(all);
  }

  private TableSql tableSql() {
    return new TableSql(
        request.view().shape(), List.of(), load.settings().stateSchema(), load.settings().schema());
  }

  /**
   * Makes the indexes that are not there, while new columns are empty and it takes little time. The
   * rows come after them: so a load that dies left both, or its next try sees that one is missing.
   */
  private void index() throws SQLException {
    Set<String> indexed =
        Set.copyOf(Sql.texts(load.session().connection(), TableSql.indexedColumns(read())));
    for (TableShape.Column column : tableSql().indexes(indexed)) {
      if (columns.contains(column)) {
        index(BuiltIndexes.nameOf(request.view().name(), column), column);
      }
    }
  }

  private void index(String name, TableShape.Column column) throws SQLException {
    List<String> statements =
        new ArrayList<>(Sql.texts(load.session().connection(), invalid(name)));
    statements.addAll(
        IndexTablespaces.of(load.session().connection(), read()).ofColumn(column.name()));
    statements.add(TableSql.index(role(name), read(), column, false));
    try {
      inTurn(statements);
    } catch (PostgresFailure e) {
      if (e.exitCode() == ExitCode.STORAGE) {
        throw e; // a later try has it
      }
      load.notes()
          .accept(
              "%s has no index on its new column %s (SQLSTATE %s)"
                  .formatted(load.nameOf(request.view()), column.name(), e.sqlState()));
    }
  }

  /** What a CREATE INDEX CONCURRENTLY of an earlier release left where it failed. */
  private String invalid(String name) {
    return """
        SELECT format('DROP INDEX IF EXISTS %%s', i.indexrelid::regclass)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        WHERE i.indrelid = to_regclass(%s) AND o.relname = %s AND NOT i.indisvalid"""
        .formatted(literal(read()), literal(name));
  }
}
