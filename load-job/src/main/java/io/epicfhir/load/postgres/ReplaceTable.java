package io.epicfhir.load.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.load.postgres.copy.CopyConnections;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.ViewSnapshot;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A whole load: a new table, made ready beside the one that is read, takes its place. */
record ReplaceTable(PostgresLoad load) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

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
    LoadNote note =
        new LoadNote(mark, true, json(sql.ownComments()), load.readerRole(), request.warning());
    load.patiently(
        view,
        request.patience(),
        connection -> {
          unchanged(connection, view, old);
          if (!old.exists()) {
            first(connection, sql, old, indexes);
          }
          rights(connection, sql);
          if (!old.exists() && !load.readerRole().isEmpty()) {
            Sql.execute(connection, sql.readBy(load.readerRole()));
          }
          Sql.execute(connection, sql.swap());
          indexes.rename(connection);
          new RefusedValues(load).note(connection, view.name(), copied.refused());
          load.loaded(connection, request, note);
        });
    return new LoadResult(copied.loaded(), mark.rows());
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

  /** An empty table in the new one's place gets the rights that the target schema gives any. */
  private static void first(
      Connection connection, TableSql sql, StandingTable old, BuiltIndexes indexes)
      throws SQLException {
    if (old.isIndex()) {
      indexes.giveWay(connection);
    }
    Sql.execute(connection, "CREATE TABLE " + sql.read() + " ()");
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
        sql.comments(comments(sql), last.map(ReplaceTable::written).orElse(null)));
  }

  private Map<String, String> comments(TableSql sql) throws SQLException {
    Map<String, String> found = new HashMap<>();
    try (Statement statement = load.session().connection().createStatement();
        ResultSet comments = statement.executeQuery(sql.foundComments())) {
      while (comments.next()) {
        found.put(comments.getString(1), comments.getString(2));
      }
    }
    return found.size() == 1 ? null : found; // no column: there is no table
  }

  private static String json(Map<String, String> comments) {
    try {
      return JSON.writeValueAsString(comments);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write comments as JSON", e);
    }
  }

  @SuppressWarnings("unchecked") // what json() wrote
  private static Map<String, String> written(LastLoad last) {
    try {
      return last.comments() == null ? null : JSON.readValue(last.comments(), Map.class);
    } catch (JsonProcessingException e) {
      return null; // somebody else wrote it; that is as if it were not known
    }
  }
}
