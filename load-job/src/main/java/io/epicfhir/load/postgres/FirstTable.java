package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;

/**
 * A new table of the target schema that has more than rights from the start, as where an event
 * trigger secures each one: it stays, and gets the columns and rows of the one that was built.
 *
 * @param sql of the table that was built
 * @param made the new table
 */
record FirstTable(PostgresLoad load, ViewSnapshot view, TableSql sql, StandingTable made) {

  /** Fills it, in the transaction that made it; what is in it then. */
  TableMark fill(Connection connection, BuiltIndexes indexes) throws SQLException {
    RowsSql rows = load.rowsSql(view, made);
    Sql.execute(connection, rows.addColumns(view.shape().columns()));
    PostgresLoad.show(connection, made, sql.read());
    Sql.execute(connection, rows.insertAll(), "SET CONSTRAINTS ALL IMMEDIATE");
    if (!made.rewriters().isEmpty() && Sql.number(connection, rows.sameRows()) == 0) {
      throw WholeInPlace.rewritten(load.nameOf(view), made);
    }
    TableMark mark = TableMark.of(connection, sql.read(), rows.from());
    PostgresLoad.hideAgain(connection, made, sql.read());
    indexes.copy(connection);
    Map<String, String> found = Comments.of(connection, sql.foundComments());
    Sql.execute(connection, sql.comments(sql.read(), found, Map.of()));
    Sql.execute(connection, rows.drop(), "ANALYZE " + sql.read());
    return mark;
  }
}
