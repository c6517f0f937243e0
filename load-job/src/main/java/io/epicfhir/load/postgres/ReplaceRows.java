package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.copy.PostgresType;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A whole load of a table that a new one cannot stand in for: in one transaction all rows go and
 * the new ones come, and all that others gave the table stays.
 */
record ReplaceRows(PostgresLoad load) {

  /** Makes the table these rows. */
  LoadResult of(LoadRequest request, StandingTable table) throws SQLException {
    ViewSnapshot view = request.view();
    List<TableShape.Column> retyped = table.retyped(view.shape());
    if (!retyped.isEmpty()) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DEPENDED_ON,
          "Cannot load %s: column %s is now %s, and SQL views or other objects depend on the table;"
                  .formatted(
                      load.nameOf(view), retyped.get(0).name(), PostgresType.sql(retyped.get(0)))
              + " drop those objects, rerun, then create them again");
    }
    RowsSql sql = load.rowsSql(view);
    TypedCopy.Copied copied = new TypedCopy(load).copy(request, sql.create(view.shape()));
    load.allArrived(view, copied.loaded().rows(), request.expected());
    String[] columns = sql.addColumns(table.missing(view.shape()));
    if (columns.length > 0) {
      load.patiently(view, request.patience(), connection -> Sql.execute(connection, columns));
    }
    Set<String> without = new LinkedHashSet<>();
    boolean done = false;
    while (!done) {
      done = replaced(request, table, sql, copied, without);
    }
    without.forEach(
        index ->
            load.notes()
                .accept(
                    "%s goes without the index %s, which its rows do not fit"
                        .formatted(load.nameOf(view), index)));
    return new LoadResult(copied.loaded(), request.expected()); // noted() has counted them
  }

  /**
   * One try.
   *
   * @param without indexes that do not take the rows; one that is found is added
   * @return false where one was found
   */
  private boolean replaced(
      LoadRequest request,
      StandingTable table,
      RowsSql sql,
      TypedCopy.Copied copied,
      Set<String> without)
      throws SQLException {
    String name = request.view().name();
    try {
      load.patiently(
          request.view(),
          request.patience(),
          connection -> {
            sql.stillThere(connection, copied.loaded());
            for (String index : without) {
              Sql.execute(connection, dropIndex(connection, name, index));
            }
            PostgresLoad.seeing(
                connection,
                table,
                load.read(name),
                c -> {
                  Sql.execute(c, sql.deleteAll(), sql.insertAll());
                  unchanged(c, request, table, sql);
                  noted(c, request);
                });
            if (!copied.refused()) {
              new RefusedValues(load).forget(connection, name);
            }
            Sql.execute(connection, sql.drop());
          });
      return true;
    } catch (PostgresFailure e) {
      if (isIndex(name, e.constraint()) && without.add(e.constraint())) {
        return false;
      }
      throw e;
    }
  }

  private void noted(Connection connection, LoadRequest request) throws SQLException {
    TableMark mark = TableMark.of(connection, load.read(request.view().name()));
    load.allArrived(request.view(), mark.rows(), request.expected());
    load.loaded(connection, request, new LoadNote(mark, true, null, null, request.warning()));
  }

  /** A trigger or rule that changes rows would change those of the next try, too. */
  private void unchanged(
      Connection connection, LoadRequest request, StandingTable table, RowsSql sql)
      throws SQLException {
    if (!table.rewriters().isEmpty() && Sql.number(connection, sql.sameRows()) == 0) {
      throw rewritten(load.nameOf(request.view()), table);
    }
  }

  static PostgresFailure rewritten(String name, StandingTable table) {
    return new PostgresFailure(
        PostgresFailure.Kind.DATA,
        "Cannot load %s: the rows in the table are not the ones that were written. Something on the table changes them: %s. The table keeps its last rows; drop it or disable it, then rerun."
            .formatted(name, String.join(", ", table.rewriters())));
  }

  private boolean isIndex(String view, String name) throws SQLException {
    return !name.isEmpty() && load.session().number(index(view, name, "count(*)")) > 0;
  }

  private String dropIndex(Connection connection, String view, String name) throws SQLException {
    String drop =
        """
        CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = i.indexrelid
            AND k.conrelid = i.indrelid)
          THEN format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, o.relname)
          ELSE format('DROP INDEX %s', i.indexrelid::regclass) END""";
    return Sql.texts(connection, index(view, name, drop)).get(0);
  }

  private String index(String view, String name, String what) {
    return """
        SELECT %s FROM pg_catalog.pg_index i
        JOIN pg_catalog.pg_class o ON o.oid = i.indexrelid
        WHERE i.indrelid = to_regclass(%s) AND o.relname = %s"""
        .formatted(what, Identifiers.literal(load.read(view)), Identifiers.literal(name));
  }
}
