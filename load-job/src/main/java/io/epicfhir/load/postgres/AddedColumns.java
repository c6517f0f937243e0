package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.role;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.TableShape;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * New columns of a view whose table stays: with their comments, and their indexes once the rows are
 * in.
 *
 * @param columns the columns
 */
record AddedColumns(
    PostgresLoad load, LoadRequest request, StandingTable table, List<TableShape.Column> columns) {

  /** The table's columns are those of another one. */
  private static final String WRONG_KIND = "42809";

  /** Of a table that is there. */
  static AddedColumns of(PostgresLoad load, LoadRequest request, StandingTable table) {
    return new AddedColumns(load, request, table, table.missing(request.view().shape()));
  }

  private String read() {
    return load.read(request.view().name());
  }

  /** Adds them, before the rows: readers see them empty until these come. */
  void add(RowsSql sql) throws SQLException {
    if (columns.isEmpty()) {
      return;
    }
    List<String> statements = new ArrayList<>(List.of(sql.addColumns(columns)));
    for (TableShape.Column column : columns) {
      if (!column.comment().isEmpty()) {
        statements.add(TableSql.comment(read(), column.name(), column.comment()));
      }
    }
    try {
      load.patiently(
          load.nameOf(request.view()),
          request.patience(),
          connection -> Sql.execute(connection, statements));
    } catch (PostgresFailure e) {
      throw e.sqlState().equals(WRONG_KIND) ? ofAnother() : e;
    }
  }

  private PostgresFailure ofAnother() {
    String names = columns.stream().map(TableShape.Column::name).collect(Collectors.joining(", "));
    return new PostgresFailure(
        PostgresFailure.Kind.DEPENDED_ON,
        "Cannot load %s: its view has new columns (%s), but PostgreSQL cannot add columns to a partition or to a table of a composite type. Ask the owner of the parent table or of the type to add them, or detach the table, then rerun."
            .formatted(load.nameOf(request.view()), names));
  }

  /** The comments that are ours now, as JSON; null where none came, or nobody knows. */
  String comments(Optional<LastLoad> last) {
    Map<String, String> written = last.map(Comments::written).orElse(null);
    if (columns.isEmpty() || written == null) {
      return null;
    }
    Map<String, String> all = new TreeMap<>(written);
    columns.forEach(column -> all.put(column.name(), column.comment()));
    return Comments.json(all);
  }

  /** Makes their indexes; nobody waits for them, and no load fails by them. */
  void index() throws SQLException {
    String view = request.view().name();
    TableSql sql =
        new TableSql(
            request.view().shape(),
            List.of(),
            load.settings().stateSchema(),
            load.settings().schema());
    for (TableShape.Column column : sql.indexes(Set.of())) {
      if (columns.contains(column)) {
        index(BuiltIndexes.nameOf(view, column), column);
      }
    }
  }

  private void index(String name, TableShape.Column column) throws SQLException {
    String create = TableSql.index(role(name), read(), column, false);
    boolean partitioned = table.kind().equals("p");
    try {
      load.session()
          .execute(partitioned ? create : create.replaceFirst("INDEX", "INDEX CONCURRENTLY"));
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, "make an index");
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      Sql.execute(load.session().connection(), invalid(name));
      load.notes()
          .accept(
              "%s has no index on its new column %s (SQLSTATE %s)"
                  .formatted(load.nameOf(request.view()), column.name(), failure.sqlState()));
    }
  }

  /** What a CREATE INDEX CONCURRENTLY that failed leaves. */
  private List<String> invalid(String name) throws SQLException {
    return Sql.texts(
        load.session().connection(),
        """
        SELECT format('DROP INDEX IF EXISTS %%s', i.indexrelid::regclass)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        WHERE i.indrelid = to_regclass(%s) AND o.relname = %s AND NOT i.indisvalid"""
            .formatted(literal(read()), literal(name)));
  }
}
