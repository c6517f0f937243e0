package io.epicfhir.load.postgres.state;

import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.spi.Loaded;
import io.epicfhir.load.sql.Identifiers;
import java.io.Serializable;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * What keeps a row from being copied twice: {@code load_attempt} says which load of a view is under
 * way, the fence against tasks of an earlier one; {@code load_part} which of its partitions are
 * copied.
 *
 * @param schema of these tables
 */
public record CopyState(String schema) implements Serializable {

  void create(Connection connection) throws SQLException {
    Sql.execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %s (
          view text PRIMARY KEY, attempt text NOT NULL, started_at timestamptz NOT NULL);
        CREATE TABLE IF NOT EXISTS %s (
          attempt text NOT NULL, part integer NOT NULL, rows bigint NOT NULL, bytes bigint NOT NULL,
          nul_replaced bigint NOT NULL, PRIMARY KEY (attempt, part))"""
            .formatted(table("load_attempt"), parts()));
  }

  /** Waits for tasks of an earlier attempt that are copying; any later one finds no claim. */
  public void begin(Connection connection, String view, String attempt) throws SQLException {
    Sql.update(
        connection,
        "DELETE FROM "
            + parts()
            + " WHERE attempt IN (SELECT attempt FROM "
            + table("load_attempt")
            + " WHERE view = ?)",
        view);
    Sql.update(
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
  public boolean claim(Connection connection, String view, String attempt, int part)
      throws SQLException {
    require(connection, view, attempt);
    return Sql.update(
            connection,
            "INSERT INTO " + parts() + " VALUES (?, ?, 0, 0, 0) ON CONFLICT DO NOTHING",
            attempt,
            part)
        == 1;
  }

  /**
   * Holds the attempt until the transaction ends: another load waits for it.
   *
   * @throws PostgresFailure where the attempt is no longer the current one
   */
  public void require(Connection connection, String view, String attempt) throws SQLException {
    String current =
        "SELECT 1 FROM " + table("load_attempt") + " WHERE view = ? AND attempt = ? FOR SHARE";
    try (var query = Sql.prepare(connection, current, view, attempt);
        ResultSet found = query.executeQuery()) {
      if (!found.next()) {
        throw new PostgresFailure(
            PostgresFailure.Kind.BUSY,
            "Cannot copy into table "
                + view
                + ": another load has started; wait until it ends, then rerun");
      }
    }
  }

  /** The attempt that is under way. */
  public String attempt(Connection connection, String view) throws SQLException {
    String current = "SELECT attempt FROM " + table("load_attempt") + " WHERE view = ?";
    try (var query = Sql.prepare(connection, current, view);
        ResultSet found = query.executeQuery()) {
      return found.next() ? found.getString(1) : "";
    }
  }

  public void copied(Connection connection, String attempt, int part, Loaded loaded)
      throws SQLException {
    Sql.update(
        connection,
        "UPDATE "
            + parts()
            + " SET rows = ?, bytes = ?, nul_replaced = ?"
            + " WHERE attempt = ? AND part = ?",
        loaded.rows(),
        loaded.bytes(),
        loaded.nulReplaced(),
        attempt,
        part);
  }

  /** The sum over the attempt's partitions. */
  public Loaded copied(Connection connection, String attempt) throws SQLException {
    String sum =
        "SELECT coalesce(sum(rows), 0), coalesce(sum(bytes), 0), coalesce(sum(nul_replaced), 0)"
            + " FROM "
            + parts()
            + " WHERE attempt = ?";
    try (var query = Sql.prepare(connection, sum, attempt);
        ResultSet found = query.executeQuery()) {
      found.next();
      return new Loaded(found.getLong(1), found.getLong(2), found.getLong(3));
    }
  }

  /** The table of partitions that are copied, quoted. */
  public String parts() {
    return table("load_part");
  }

  private String table(String name) {
    return Identifiers.quoted(schema, name);
  }
}
