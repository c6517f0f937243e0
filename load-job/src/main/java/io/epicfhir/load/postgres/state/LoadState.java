package io.epicfhir.load.postgres.state;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.ViewVersion;
import io.epicfhir.load.sql.Identifiers;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the pipeline knows of the tables it loaded, in PostgreSQL: {@code load_state} says which
 * version of which view each is, and what the load left there. The tables of {@link CopyState} and
 * {@link RefusedTable refused values} are beside it; so is, under its view's name, a table that is
 * not whole yet.
 *
 * @param schema of these tables
 * @param target schema of the analysts' tables
 */
public record LoadState(String schema, String target) implements Serializable {

  private static final Set<String> TAKEN =
      Set.of(
          "load_state",
          "load_attempt",
          "load_part",
          RefusedTable.NAME,
          RefusedTable.AS_TEXT,
          LeftOut.TABLE,
          AuditCopy.TABLE,
          AuditFindings.TABLE);

  /** Columns that earlier releases did not have. */
  private static final String ADDED =
      """
      lake text NOT NULL DEFAULT '', commit_id text NOT NULL DEFAULT '',
      relation bigint, table_columns text, row_writers text,
      verified_at timestamptz, comments text, reader_role text,
      warning text NOT NULL DEFAULT ''""";

  /** The staging table of a view, quoted. */
  public String staging(String view) {
    if (TAKEN.contains(view)) {
      throw new PostgresFailure(
          PostgresFailure.Kind.SETTINGS,
          "Cannot load view "
              + view
              + ": the pipeline's state has a table of that name; rename the view");
    }
    return Identifiers.quoted(schema, view);
  }

  /**
   * Makes schemas and tables where they are missing, and brings those of earlier releases up.
   *
   * @param reader a role that may use a new schema of the analysts' tables, or empty
   */
  public void create(Connection connection, String reader) throws SQLException {
    createSchema(connection, target, reader);
    createSchema(connection, schema, "");
    Sql.execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %s (
          target_schema text NOT NULL, view text NOT NULL, delta_table_id text NOT NULL,
          delta_version bigint NOT NULL, rows bigint NOT NULL, loaded_at timestamptz NOT NULL,
          run_key text NOT NULL, PRIMARY KEY (target_schema, view))"""
            .formatted(states()));
    if (!has(connection, "lake")) {
      String columns = ADDED.replaceAll("(\\w+) (text|bigint|timestamptz)", "ADD COLUMN $1 $2");
      Sql.execute(connection, "ALTER TABLE " + states() + " " + columns);
    }
    copies().create(connection);
    Sql.execute(connection, RefusedTable.create(schema), LeftOut.create(schema));
    if (!isIdentified(connection, Identifiers.quoted(schema, RefusedTable.NAME))) {
      Sql.execute(connection, RefusedTable.identify(schema));
    }
  }

  /** Which load of a view is under way, and which of its partitions are copied. */
  public CopyState copies() {
    return new CopyState(schema);
  }

  /** Notes what the view's table is now; part of the transaction that makes it so. */
  public void loaded(
      Connection connection, ViewVersion at, String view, String runKey, LoadNote note)
      throws SQLException {
    String sql =
        """
        INSERT INTO %s AS s (target_schema, view, delta_table_id, delta_version, rows, loaded_at,
          run_key, lake, commit_id, relation, table_columns, row_writers, verified_at, comments,
          reader_role, warning)
        VALUES (?, ?, ?, ?, ?, clock_timestamp(), ?, ?, ?, ?, ?, ?,
          CASE WHEN ? THEN clock_timestamp() END, ?, ?, ?)
        ON CONFLICT (target_schema, view) DO UPDATE SET
          delta_table_id = excluded.delta_table_id, delta_version = excluded.delta_version,
          rows = excluded.rows, loaded_at = excluded.loaded_at, run_key = excluded.run_key,
          lake = excluded.lake, commit_id = excluded.commit_id, relation = excluded.relation,
          table_columns = excluded.table_columns, row_writers = excluded.row_writers,
          verified_at = coalesce(excluded.verified_at, s.verified_at),
          comments = coalesce(excluded.comments, s.comments),
          reader_role = coalesce(excluded.reader_role, s.reader_role),
          warning = CASE WHEN s.run_key = excluded.run_key AND excluded.warning = ''
            THEN s.warning ELSE excluded.warning END"""
            .formatted(states());
    Sql.update(
        connection,
        sql,
        target,
        view,
        at.tableId(),
        at.number(),
        note.mark().rows(),
        runKey,
        at.lake(),
        at.commit(),
        note.mark().relation(),
        note.mark().columns(),
        note.mark().writers(),
        note.whole(),
        Sql.text(note.comments()),
        Sql.text(note.readerRole()),
        note.warning());
  }

  /** The table's content was compared with its view's and is the same. */
  public void verified(Connection connection, String view) throws SQLException {
    Sql.update(
        connection,
        "UPDATE "
            + states()
            + " SET verified_at = clock_timestamp() WHERE target_schema = ? AND view = ?",
        target,
        view);
  }

  /** What was loaded last, without a look at the table itself. */
  public Optional<LastLoad> last(Connection connection, String view) throws SQLException {
    String last =
        """
        SELECT lake, delta_table_id, delta_version, commit_id, rows, loaded_at,
          coalesce(verified_at, loaded_at), relation, table_columns, row_writers, comments,
          reader_role
        FROM %s WHERE target_schema = ? AND view = ?"""
            .formatted(states());
    try (var query = Sql.prepare(connection, last, target, view);
        ResultSet found = query.executeQuery()) {
      return found.next() ? Optional.of(last(found)) : Optional.empty();
    }
  }

  private static LastLoad last(ResultSet found) throws SQLException {
    long relation = found.getLong(8);
    boolean marked = !found.wasNull();
    return new LastLoad(
        new ViewVersion(
            found.getString(1), found.getString(2), found.getLong(3), found.getString(4)),
        found.getLong(5),
        found.getObject(6, Timestamp.class).toInstant(),
        found.getObject(7, Timestamp.class).toInstant(),
        marked
            ? Optional.of(
                new TableMark(relation, found.getString(9), found.getString(10), found.getLong(5)))
            : Optional.empty(),
        found.getString(11),
        found.getString(12));
  }

  /** What the loads of a run, in all its tries, have to report. */
  public List<String> warnings(Connection connection, String runKey) throws SQLException {
    String sql =
        "SELECT warning FROM "
            + states()
            + " WHERE target_schema = ? AND run_key = ? AND warning <> '' ORDER BY view";
    List<String> warnings = new ArrayList<>();
    try (var query = Sql.prepare(connection, sql, target, runKey);
        ResultSet found = query.executeQuery()) {
      while (found.next()) {
        warnings.add(found.getString(1));
      }
    }
    return warnings;
  }

  /**
   * Makes a schema where it is missing: PostgreSQL asks for the right to make one even where it is
   * there. Nobody took a right to it from the role, so the role gets it, whatever it had before.
   *
   * @param reader a role that may use it, or empty; one that does not exist is told elsewhere
   */
  public static void createSchema(Connection connection, String schema, String reader)
      throws SQLException {
    String there = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?";
    String role = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ?";
    if (!finds(connection, there, schema)) {
      String create = "CREATE SCHEMA " + Identifiers.quoted(schema);
      // Both in one transaction, as one string.
      Sql.execute(
          connection,
          finds(connection, role, reader)
              ? "%s; GRANT USAGE ON SCHEMA %s TO %s"
                  .formatted(create, Identifiers.quoted(schema), Identifiers.role(reader))
              : create);
    }
  }

  private static boolean finds(Connection connection, String sql, Object... values)
      throws SQLException {
    try (var query = Sql.prepare(connection, sql, values);
        ResultSet found = query.executeQuery()) {
      return found.next();
    }
  }

  private static boolean isIdentified(Connection connection, String table) throws SQLException {
    return Sql.number(
            connection,
            "SELECT count(*) FROM pg_catalog.pg_class WHERE relreplident = 'f' AND oid = to_regclass("
                + Identifiers.literal(table)
                + ")")
        > 0;
  }

  private boolean has(Connection connection, String column) throws SQLException {
    String there =
        "SELECT 1 FROM pg_catalog.pg_attribute WHERE attrelid = to_regclass(?) AND attname = ?";
    return finds(connection, there, states(), column);
  }

  /** The table of the last loads, quoted. */
  public String states() {
    return Identifiers.quoted(schema, "load_state");
  }
}
