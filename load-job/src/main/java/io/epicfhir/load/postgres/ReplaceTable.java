package io.epicfhir.load.postgres;

import io.epicfhir.load.postgres.copy.CopyConnections;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LeftOut;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A whole load: a new table, made ready beside the one that is read, takes its place. */
record ReplaceTable(PostgresLoad load) {
  /** The lock of who drops a table. */
  private static final String SWAPPING = "ACCESS EXCLUSIVE";

  /** Makes the table these rows. */
  LoadResult of(LoadRequest request, StandingTable old) throws SQLException {
    ViewSnapshot view = request.view();
    if (request.patience().isZero()) {
      load.notHeld(view, "true");
    }
    LoadSettings settings = load.settings();
    var kept =
        settings.removedColumns() == LoadSettings.RemovedColumns.KEEP
            ? old.beyond(view.shape())
            : List.<StandingTable.Column>of();
    TableSql sql = new TableSql(view.shape(), kept, settings.stateSchema(), settings.schema());
    Optional<LastLoad> last = load.state().last(load.session().connection(), view.name());
    TypedCopy.Copied copied = new TypedCopy(load).copy(request, sql.create(old.tablespace()));
    load.allArrived(view, copied.loaded().rows(), request.expected());
    TableMark.Counting seen = analyzed(view, sql);
    TableMark mark = seen.mark();
    load.allArrived(view, mark.rows(), request.expected());
    BuiltIndexes indexes = new BuiltIndexes(load, view, sql, seen.counted() == 0);
    finish(view, sql, indexes, last);
    load.patiently(
        load.nameOf(view),
        request.patience(),
        connection -> {
          unchanged(connection, view, old);
          TableMark left = old.exists() ? mark : first(connection, view, sql, old, indexes, mark);
          if (old.exists()) {
            swap(connection, sql, indexes);
          }
          noteLeftOut(connection, view.name(), old, indexes);
          new RefusedValues(load).note(connection, view.name(), copied.refused());
          String comments = Comments.json(sql.ownComments());
          load.loaded(
              connection,
              request,
              new LoadNote(left, true, comments, load.readerRole(), request.warning()));
        });
    new LeftOutIndexes(load).tryAgain(view.name());
    return new LoadResult(copied.loaded(), mark.rows());
  }

  private void noteLeftOut(
      Connection connection, String view, StandingTable old, BuiltIndexes indexes)
      throws SQLException {
    LeftOut leftOut = new LeftOut(load.state());
    if (!old.exists()) {
      leftOut.clear(connection, view);
    }
    for (Map.Entry<String, String> index : indexes.leftOut().entrySet()) {
      leftOut.add(connection, view, index.getKey(), index.getValue());
    }
  }

  /** A look at all rows, and statistics of some. */
  private TableMark.Counting analyzed(ViewSnapshot view, TableSql sql) throws SQLException {
    TableMark.Counting[] seen = new TableMark.Counting[1];
    CopyConnections.Work look =
        c -> seen[0] = TableMark.counting(c, sql.built(), sql.built(), sql.idIsAnother());
    CopyConnections.Work analyze = c -> Sql.execute(c, sql.analyze());
    if (load.staged().isWorthSeveral(view)) {
      Map<String, CopyConnections.Work> both = Map.of("look", look, "analyze", analyze);
      for (SQLException failed : load.staged().sideBySide(view.name(), both).values()) {
        throw failed;
      }
    } else {
      look.on(load.session().connection());
      analyze.on(load.session().connection());
    }
    return seen[0];
  }

  /** What somebody gave the old table since it was looked at would be lost with it. */
  private void unchanged(Connection connection, ViewSnapshot view, StandingTable old)
      throws SQLException {
    if (!load.locked(connection, view.name(), old, SWAPPING).equals(old)) {
      throw load.changedMeanwhile(view.name());
    }
  }

  /**
   * An empty table in the new one's place gets what the target schema gives any: rights, which the
   * new one takes over, and where it is more than these, it stays itself.
   *
   * @param built what is in the table that was built
   * @return what is in the table that is read then
   */
  private TableMark first(
      Connection connection,
      ViewSnapshot view,
      TableSql sql,
      StandingTable old,
      BuiltIndexes indexes,
      TableMark built)
      throws SQLException {
    if (old.isIndex()) {
      indexes.giveWay(connection);
    }
    Sql.execute(connection, "CREATE TABLE " + sql.read() + " ()");
    StandingTable made = StandingTable.of(connection, sql.read());
    TableMark left = built;
    if (made.hasMoreThanRights()) {
      left = new FirstTable(load, view, sql, made).fill(connection, indexes);
      load.allArrived(view, left.rows(), built.rows());
    } else {
      swap(connection, sql, indexes);
    }
    if (!load.readerRole().isEmpty()) {
      Sql.execute(connection, sql.readBy(load.readerRole()));
    }
    return left;
  }

  private static void swap(Connection connection, TableSql sql, BuiltIndexes indexes)
      throws SQLException {
    rights(connection, sql);
    Sql.execute(connection, sql.swap());
    indexes.rename(connection);
  }

  /** The rights to the table that is read, and none that the state schema gives its tables. */
  private static void rights(Connection connection, TableSql sql) throws SQLException {
    String built = sql.built();
    Sql.execute(connection, Sql.texts(connection, Rights.revokeDefaults(built)));
    Sql.execute(connection, Sql.texts(connection, Rights.sameOwner(sql.read(), built)));
    Sql.execute(connection, Sql.texts(connection, Rights.grants(sql.read(), built)));
  }

  private void finish(
      ViewSnapshot view, TableSql sql, BuiltIndexes indexes, Optional<LastLoad> last)
      throws SQLException {
    PostgresSession session = load.session();
    indexes.create();
    for (StandingTable.Column column : sql.kept()) {
      load.notes()
          .accept(
              "%s keeps the column %s, always empty, because its view no longer has it; load.removed-columns = drop removes it"
                  .formatted(load.nameOf(view), column.name()));
    }
    Sql.together(
        session.connection(),
        sql.comments(
            sql.built(),
            Comments.of(session.connection(), sql.foundComments()),
            last.map(Comments::written).orElse(null)));
  }
}
