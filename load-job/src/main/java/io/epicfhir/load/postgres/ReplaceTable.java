package io.epicfhir.load.postgres;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LastLoad;
import io.epicfhir.load.postgres.state.LoadNote;
import io.epicfhir.load.postgres.state.TableMark;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LoadRequest;
import io.epicfhir.load.spi.LoadResult;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.spi.ViewSnapshot;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A whole load: a new table, made ready beside the one that is read, takes its place. */
record ReplaceTable(PostgresLoad load) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Makes the table these rows. */
  LoadResult of(LoadRequest request, StandingTable old) throws SQLException {
    ViewSnapshot view = request.view();
    if (request.patience().isZero()) {
      notHeld(view);
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
    finish(view, sql, last);
    TableMark mark = TableMark.of(load.session().connection(), sql.built());
    load.allArrived(view, mark.rows(), request.expected());
    LoadNote note =
        new LoadNote(mark, true, json(sql.ownComments()), load.readerRole(), request.warning());
    load.patiently(
        view,
        request.patience(),
        connection -> {
          rights(connection, sql, old);
          if (!old.exists() && !load.readerRole().isEmpty()) {
            Sql.execute(connection, sql.readBy(load.readerRole()));
          }
          Sql.execute(connection, sql.swap());
          if (!copied.refused()) {
            new RefusedValues(load).forget(connection, view.name());
          }
          load.loaded(connection, request, note);
        });
    return new LoadResult(copied.loaded(), mark.rows());
  }

  /** A copy of many rows would be in vain where a reader's transaction holds the table. */
  private void notHeld(ViewSnapshot view) throws SQLException {
    String holders =
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE granted AND pid <> pg_backend_pid()"
            + " AND database = (SELECT oid FROM pg_catalog.pg_database"
            + " WHERE datname = current_database()) AND relation = to_regclass("
            + Identifiers.literal(load.read(view.name()))
            + ")";
    if (load.session().number(holders) > 0) {
      throw new PostgresFailure(
          PostgresFailure.Kind.BUSY,
          "Cannot put the new " + load.nameOf(view) + " in place: another session holds a lock");
    }
  }

  private static void rights(Connection connection, TableSql sql, StandingTable old)
      throws SQLException {
    String built = sql.built();
    if (!old.exists()) {
      return;
    }
    Sql.execute(connection, Sql.texts(connection, Rights.revokeDefaults(built)));
    if (!old.owner().equals(Sql.texts(connection, "SELECT current_user").get(0))) {
      Sql.execute(connection, Rights.ownedBy(built, old.owner()));
    }
    Sql.execute(connection, Sql.texts(connection, Rights.grants(sql.read(), built)));
  }

  private void finish(ViewSnapshot view, TableSql sql, Optional<LastLoad> last)
      throws SQLException {
    PostgresSession session = load.session();
    session.execute(sql.analyze());
    Set<String> indexed = indexed(sql);
    for (String index : Sql.texts(session.connection(), sql.foundIndexes())) {
      index(view, index); // first, so that they keep their names
    }
    indexed.addAll(Sql.texts(session.connection(), sql.indexedColumns()));
    for (String index : sql.indexes(indexed)) {
      index(view, index);
    }
    for (StandingTable.Column column : sql.kept()) {
      load.notes()
          .accept(
              "%s keeps the column %s, always empty, which its view has no more; load.removed-columns = drop takes it away"
                  .formatted(load.nameOf(view), column.name()));
    }
    Sql.together(
        session.connection(),
        sql.comments(comments(sql), last.map(ReplaceTable::written).orElse(null)));
  }

  /** The columns of the primary key, and of what is the same as id in each row. */
  private Set<String> indexed(TableSql sql) throws SQLException {
    Set<String> indexed = new HashSet<>();
    PostgresSession session = load.session();
    if (sql.hasId()) {
      if (session.number(sql.idLooksUnique()) == 1 && primaryKey(sql)) {
        indexed.add("id");
      }
      if (session.number(sql.idIsAnother()) == 0) {
        indexed.add(TableShape.RESOURCE_ID);
      }
    }
    return indexed;
  }

  private boolean primaryKey(TableSql sql) throws SQLException {
    try {
      String name = String.join("", Sql.texts(load.session().connection(), sql.foundPrimaryKey()));
      load.session().execute(sql.primaryKey(name));
      return true;
    } catch (SQLException e) {
      if (isOfTheRows(e)) {
        return false; // the statistics saw a sample only, or an id is too long for any index
      }
      throw e;
    }
  }

  /** An index that the rows or columns do not take is no reason to have no rows. */
  private void index(ViewSnapshot view, String index) throws SQLException {
    try {
      load.session().execute(index);
    } catch (SQLException e) {
      if (!isOfTheRows(e)) {
        throw e;
      }
      load.notes()
          .accept(
              "%s goes without an index that its rows or columns do not take (SQLSTATE %s): %s"
                  .formatted(load.nameOf(view), e.getSQLState(), index));
    }
  }

  /** Whether the statement can never work on these rows; else the server has a problem. */
  private static boolean isOfTheRows(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    return Set.of("22", "23", "42", "54", "0A", "P0")
        .contains(state.substring(0, Math.min(2, state.length())));
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
