package io.epicfhir.load;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Set;

/**
 * The pipeline's own tables in PostgreSQL, and the SQL on them. {@code load_state} says which Delta
 * version a table stands at; {@code load_attempt} which load of it is under way, the fence against
 * tasks of an earlier one; {@code load_part} which of its partitions are copied. A staging table
 * stands beside them under its view's name.
 *
 * @param schema of these tables
 * @param target schema of the analysts' tables
 */
record LoadState(String schema, String target) implements Serializable {

  /** What was loaded last of a view: from which Delta table at which version, how many rows. */
  record Last(String tableId, long version, long rows) {}

  private static final Set<String> TAKEN = Set.of("load_state", "load_attempt", "load_part");

  /** The staging table of a view, quoted. */
  String staging(String view) {
    if (TAKEN.contains(view)) {
      throw new PostgresFailure(
          PostgresFailure.Kind.SETTINGS,
          "Cannot load view "
              + view
              + ": the pipeline's state has a table of that name; rename it");
    }
    return Identifiers.quoted(schema, view);
  }

  void create(Connection connection) throws SQLException {
    createSchema(connection, target);
    createSchema(connection, schema);
    execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %s (
          target_schema text NOT NULL, view text NOT NULL, delta_table_id text NOT NULL,
          delta_version bigint NOT NULL, rows bigint NOT NULL, loaded_at timestamptz NOT NULL,
          run_key text NOT NULL, PRIMARY KEY (target_schema, view));
        CREATE TABLE IF NOT EXISTS %s (
          view text PRIMARY KEY, attempt text NOT NULL, started_at timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS %s (
          attempt text NOT NULL, part integer NOT NULL, rows bigint NOT NULL, bytes bigint NOT NULL,
          nul_replaced bigint NOT NULL, PRIMARY KEY (attempt, part))
        """
            .formatted(table("load_state"), table("load_attempt"), table("load_part")));
  }

  /** Waits for tasks of an earlier attempt that are copying; any later one finds no claim. */
  void begin(Connection connection, String view, String attempt) throws SQLException {
    update(
        connection,
        "DELETE FROM "
            + table("load_part")
            + " WHERE attempt IN (SELECT attempt FROM "
            + table("load_attempt")
            + " WHERE view = ?)",
        view);
    update(
        connection,
        "INSERT INTO "
            + table("load_attempt")
            + " VALUES (?, ?, now()) ON CONFLICT (view)"
            + " DO UPDATE SET attempt = excluded.attempt, started_at = excluded.started_at",
        view,
        attempt);
  }

  /**
   * Whether this partition is still to be copied; holds it until the transaction ends.
   *
   * @throws PostgresFailure where the attempt is no longer the current one
   */
  boolean claim(Connection connection, String view, String attempt, int part) throws SQLException {
    String current =
        "SELECT 1 FROM " + table("load_attempt") + " WHERE view = ? AND attempt = ? FOR SHARE";
    try (PreparedStatement query = prepare(connection, current, view, attempt);
        ResultSet found = query.executeQuery()) {
      if (!found.next()) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BUSY,
            "Cannot copy into table " + view + ": another load has begun; let that one finish");
      }
    }
    return update(
            connection,
            "INSERT INTO " + table("load_part") + " VALUES (?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
            attempt,
            part)
        == 1;
  }

  void copied(Connection connection, String attempt, int part, Loaded loaded) throws SQLException {
    update(
        connection,
        "UPDATE "
            + table("load_part")
            + " SET rows = ?, bytes = ?, nul_replaced = ?"
            + " WHERE attempt = ? AND part = ?",
        loaded.rows(),
        loaded.bytes(),
        loaded.nulReplaced(),
        attempt,
        part);
  }

  /** The sum over the attempt's partitions. */
  Loaded copied(Connection connection, String attempt) throws SQLException {
    String sum =
        "SELECT coalesce(sum(rows), 0), coalesce(sum(bytes), 0), coalesce(sum(nul_replaced), 0)"
            + " FROM "
            + table("load_part")
            + " WHERE attempt = ?";
    try (PreparedStatement query = prepare(connection, sum, attempt);
        ResultSet found = query.executeQuery()) {
      found.next();
      return new Loaded(found.getLong(1), found.getLong(2), found.getLong(3));
    }
  }

  /** Notes what the view's table stands at; part of the transaction that makes it so. */
  void stands(Connection connection, ViewSnapshot view, long rows, String runKey)
      throws SQLException {
    update(
        connection,
        "INSERT INTO "
            + table("load_state")
            + " VALUES (?, ?, ?, ?, ?, now(), ?)"
            + " ON CONFLICT (target_schema, view) DO UPDATE SET"
            + " delta_table_id = excluded.delta_table_id, delta_version = excluded.delta_version,"
            + " rows = excluded.rows, loaded_at = excluded.loaded_at, run_key = excluded.run_key",
        target,
        view.name(),
        view.tableId(),
        view.version(),
        rows,
        runKey);
  }

  /** What was loaded last, without a look at the table itself. */
  Optional<Last> standing(Connection connection, String view) throws SQLException {
    String last =
        "SELECT delta_table_id, delta_version, rows FROM "
            + table("load_state")
            + " WHERE target_schema = ? AND view = ?";
    try (PreparedStatement query = prepare(connection, last, target, view);
        ResultSet found = query.executeQuery()) {
      return found.next()
          ? Optional.of(new Last(found.getString(1), found.getLong(2), found.getLong(3)))
          : Optional.empty();
    }
  }

  /** Only where it is missing: PostgreSQL asks for the right to make one even where it is there. */
  private static void createSchema(Connection connection, String schema) throws SQLException {
    String there = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?";
    try (PreparedStatement query = prepare(connection, there, schema);
        ResultSet found = query.executeQuery()) {
      if (!found.next()) {
        execute(connection, "CREATE SCHEMA " + Identifiers.quoted(schema));
      }
    }
  }

  /** The table of partitions that are copied, quoted. */
  String parts() {
    return table("load_part");
  }

  private String table(String name) {
    return Identifiers.quoted(schema, name);
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int update(Connection connection, String sql, Object... values)
      throws SQLException {
    try (PreparedStatement statement = prepare(connection, sql, values)) {
      return statement.executeUpdate();
    }
  }

  private static PreparedStatement prepare(Connection connection, String sql, Object... values)
      throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      statement.setObject(i + 1, values[i]);
    }
    return statement;
  }
}
