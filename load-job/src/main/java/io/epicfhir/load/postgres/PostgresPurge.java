package io.epicfhir.load.postgres;

import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.RowNames;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.spi.LeftBehind;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The same in PostgreSQL: every table of both schemas, row by row, read as text. */
public final class PostgresPurge {
  private static final int ROWS_A_FETCH = 5_000;

  /** What is between the values of an array. */
  private static final Pattern LIST = Pattern.compile("[{},\"]+");

  private final LoadSettings settings;
  private final OptOuts optOuts;

  public PostgresPurge(LoadSettings settings, OptOuts optOuts) {
    this.settings = settings;
    this.optOuts = optOuts;
  }

  /** Does it; how many rows went, by table. */
  public Map<String, Long> run() {
    Map<String, Long> gone = new TreeMap<>();
    try (PostgresSession session =
        new PostgresSession(
            settings.access(),
            settings.stateSchema(),
            settings.lockPatience(),
            settings.swapTimeout())) {
      // Row security that hides rows from the loader would make a proof of nothing: an error then.
      session.execute("SET row_security = off");
      for (String table : tables(session)) {
        long rows = purge(session, table);
        if (rows > 0) {
          gone.put(table, rows);
          session.execute("VACUUM " + table);
        }
      }
      return gone;
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "remove patients from " + settings.access().place());
    }
  }

  private List<String> tables(PostgresSession session) throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND n.nspname IN (%s, %s) ORDER BY 1"""
            .formatted(
                Identifiers.literal(settings.schema()),
                Identifiers.literal(settings.stateSchema())));
  }

  private long purge(PostgresSession session, String table) throws SQLException {
    long[] rows = new long[1];
    session.transaction(
        connection -> {
          List<String> going = naming(connection, table);
          if (!going.isEmpty()) {
            rows[0] = delete(connection, table, going);
            if (!naming(connection, table).isEmpty()) {
              throw LeftBehind.in(table);
            }
          }
        });
    return rows[0];
  }

  /** Where the rows lie that name somebody on the list. */
  private List<String> naming(Connection connection, String table) throws SQLException {
    List<String> places = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(ROWS_A_FETCH);
      try (ResultSet rows =
          statement.executeQuery("SELECT t.ctid::text, t.* FROM " + table + " t")) {
        String name = table.substring(table.lastIndexOf('.') + 1).replace("\"", "");
        while (rows.next()) {
          if (names(rows, optOuts.row(name))) {
            places.add(rows.getString(1));
          }
        }
      }
    }
    return places;
  }

  /** By the columns of ids whatever an id looks like, and by all other values as texts. */
  private static boolean names(ResultSet rows, RowNames names) throws SQLException {
    ResultSetMetaData columns = rows.getMetaData();
    for (int i = 2; i <= columns.getColumnCount(); i++) {
      String value = rows.getString(i);
      if (value == null) {
        continue;
      }
      boolean list = columns.getColumnTypeName(i).startsWith("_") && value.startsWith("{");
      for (String one : list ? LIST.split(value) : new String[] {value}) {
        names.add(columns.getColumnName(i), one);
      }
    }
    return names.any();
  }

  private static long delete(Connection connection, String table, List<String> places)
      throws SQLException {
    Array array = connection.createArrayOf("text", places.toArray());
    try (PreparedStatement delete =
        connection.prepareStatement(
            "DELETE FROM " + table + " WHERE ctid = ANY (CAST(? AS text[])::tid[])")) {
      delete.setArray(1, array);
      return delete.executeLargeUpdate();
    } finally {
      array.free();
    }
  }
}
