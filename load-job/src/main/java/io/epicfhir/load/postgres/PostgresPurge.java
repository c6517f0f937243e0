package io.epicfhir.load.postgres;

import io.epicfhir.common.JobException;
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
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The same in PostgreSQL: every table of the pipeline's schemas, row by row, read as text. */
public final class PostgresPurge {
  private static final int ROWS_A_FETCH = 5_000;

  /** What is between the values of an array. */
  private static final Pattern LIST = Pattern.compile("[{},\"]+");

  private final LoadSettings settings;
  private final OptOuts optOuts;
  private final Consumer<String> notes;

  /**
   * Of these settings' schemas.
   *
   * @param notes sentences for the person who reads the report
   */
  public PostgresPurge(LoadSettings settings, OptOuts optOuts, Consumer<String> notes) {
    this.settings = settings;
    this.optOuts = optOuts;
    this.notes = notes;
  }

  /**
   * A table of the schemas.
   *
   * @param name schema and name, quoted where they must be
   * @param own whether it is the loader's
   * @param readable whether the loader may read it
   * @param hidden whether row security binds even its owner
   */
  private record Table(String name, boolean own, boolean readable, boolean hidden) {}

  /**
   * Does it.
   *
   * @param problem told of tables that could not be looked through, or still name somebody
   * @return how many rows went, by table
   */
  public Map<String, Long> run(Consumer<JobException> problem) {
    Map<String, Long> gone = new TreeMap<>();
    try (PostgresSession session =
        new PostgresSession(
            settings.access(),
            settings.stateSchema(),
            settings.lockPatience(),
            settings.swapTimeout())) {
      // Row security that hides rows from the loader would make a proof of nothing: an error then.
      session.execute("SET row_security = off");
      List<Table> tables = tables(session);
      for (Table table : tables) {
        try {
          long rows = table.readable() ? purge(session, table) : 0;
          if (rows > 0) {
            gone.put(table.name(), rows);
          }
          if (table.own()) {
            // Statistics have values of rows that went, and readers see them.
            session.execute("VACUUM (ANALYZE) " + table.name());
          }
        } catch (SQLException e) {
          problem.accept(of(e, "remove patients from " + table.name()).asJobException());
        } catch (PostgresFailure e) {
          throw e; // the session is lost
        } catch (JobException e) {
          problem.accept(e);
        }
      }
      unseen(session, tables);
      return gone;
    } catch (SQLException e) {
      throw of(e, "remove patients from " + settings.access().place()).asJobException();
    } catch (PostgresFailure e) {
      throw e.asJobException();
    }
  }

  /** Nothing else can be done where the server is away. */
  private static PostgresFailure of(SQLException e, String doing) {
    PostgresFailure failure = PostgresFailure.of(e, doing);
    if (failure.kind() == PostgresFailure.Kind.BROKEN) {
      throw failure;
    }
    return failure;
  }

  private void unseen(PostgresSession session, List<Table> tables) throws SQLException {
    List<String> others = others(session);
    tables.stream().filter(table -> !table.readable()).map(Table::name).forEach(others::add);
    if (!others.isEmpty()) {
      notes.accept(
          ("Not searched for erased patients: %s. These are materialized views, foreign tables,"
                  + " tables that load.user may not read, or tables of another schema that inherit"
                  + " from a loaded one. Ask their owners to refresh them, or to delete the rows.")
              .formatted(String.join(", ", others)));
    }
  }

  private List<Table> tables(PostgresSession session) throws SQLException {
    List<Table> tables = new ArrayList<>();
    try (Statement statement = session.connection().createStatement();
        ResultSet found =
            statement.executeQuery(
                """
                SELECT format('%%I.%%I', n.nspname, c.relname), pg_has_role(c.relowner, 'USAGE'),
                  has_table_privilege(c.oid, 'SELECT'),
                  row_security_active(c.oid) AND pg_has_role(c.relowner, 'USAGE')
                FROM pg_catalog.pg_class c
                JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relkind IN ('r', 'p') AND n.nspname IN (%s) ORDER BY 1"""
                    .formatted(schemas()))) {
      while (found.next()) {
        tables.add(
            new Table(
                found.getString(1), found.getBoolean(2), found.getBoolean(3), found.getBoolean(4)));
      }
    }
    return tables;
  }

  /** What a reader of the schemas may see, and nobody but its owner can change. */
  private List<String> others(PostgresSession session) throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        WITH RECURSIVE own AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname IN (%s)),
        heir AS (
          SELECT h.inhrelid FROM pg_catalog.pg_inherits h
          JOIN pg_catalog.pg_class p ON p.oid = h.inhparent AND p.relnamespace IN (TABLE own)
          UNION SELECT h.inhrelid FROM heir JOIN pg_catalog.pg_inherits h
            ON h.inhparent = heir.inhrelid)
        SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE CASE WHEN n.oid IN (TABLE own) THEN c.relkind IN ('m', 'f')
          ELSE c.relkind IN ('r', 'f') AND c.oid IN (TABLE heir) END
        ORDER BY 1"""
            .formatted(schemas()));
  }

  private String schemas() {
    return Stream.of(settings.schema(), settings.stateSchema(), settings.quality().schema())
        .map(Identifiers::literal)
        .collect(Collectors.joining(", "));
  }

  private long purge(PostgresSession session, Table table) throws SQLException {
    long[] rows = new long[1];
    session.transaction(
        connection -> {
          show(connection, table, "NO FORCE");
          List<String> going = naming(connection, table.name());
          if (!going.isEmpty()) {
            rows[0] = delete(connection, table.name(), going);
            // What a deferred trigger puts back counts, too.
            Sql.execute(connection, "SET CONSTRAINTS ALL IMMEDIATE");
            if (!naming(connection, table.name()).isEmpty()) {
              throw LeftBehind.in(table.name());
            }
          }
          show(connection, table, "FORCE");
        });
    return rows[0];
  }

  private static void show(Connection connection, Table table, String force) throws SQLException {
    if (table.hidden()) {
      Sql.execute(connection, "ALTER TABLE " + table.name() + " " + force + " ROW LEVEL SECURITY");
    }
  }

  /** Where the rows lie that name somebody on the list; an heir's rows have places of their own. */
  private List<String> naming(Connection connection, String table) throws SQLException {
    List<String> places = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(ROWS_A_FETCH);
      try (ResultSet rows =
          statement.executeQuery("SELECT t.ctid::text, t.* FROM ONLY " + table + " t")) {
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
            "DELETE FROM ONLY " + table + " WHERE ctid = ANY (CAST(? AS text[])::tid[])")) {
      delete.setArray(1, array);
      return delete.executeLargeUpdate();
    } finally {
      array.free();
    }
  }
}
