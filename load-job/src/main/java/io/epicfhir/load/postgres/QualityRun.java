package io.epicfhir.load.postgres;

import static io.epicfhir.load.sql.Identifiers.literal;
import static io.epicfhir.load.sql.Identifiers.quoted;
import static io.epicfhir.load.sql.Identifiers.shown;

import io.epicfhir.load.postgres.session.PostgresAccess;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.quality.QualityCheck;
import io.epicfhir.load.quality.QualityChecks;
import io.epicfhir.load.quality.QualitySettings;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Runs checks in PostgreSQL. The check's SELECT runs in a read-only transaction with a timeout, and
 * fills a temporary table; another transaction takes its rows over into the schema of bad rows. No
 * row leaves the database.
 *
 * @param schema of the tables that are checked
 * @param readerRole a role that may read the bad rows, too; or empty
 */
public record QualityRun(
    QualitySettings settings, String schema, String readerRole, PostgresSession session) {
  private static final String FOUND = "pg_temp.quality_rows";

  /** Behind a query. */
  private static final String FOR_THE_LOADER =
      " -- as load.user: not everybody may see all rows that the check reads";

  private static final String TIMED_OUT = "57014";

  /** No check has such a name. */
  private static final String BEING_MADE = "table that is made";

  /** By check, what the report says of it. */
  public Map<String, Map<String, Object>> run() throws SQLException {
    try {
      LoadState.createSchema(session.connection(), settings.schema(), readerRole);
    } catch (SQLException e) {
      String why = reason(e, "make the schema " + settings.schema());
      return new QualityChecks(settings).run(check -> QualityChecks.failed(why));
    }
    return new QualityChecks(settings).run(this::run);
  }

  private Map<String, Object> run(QualityCheck check) {
    try {
      List<String> missing = missing(check);
      if (!missing.isEmpty()) {
        return QualityChecks.failed(
            "there is no table " + String.join(", ", missing) + " in the schema " + schema);
      }
      session.execute(
          "DROP TABLE IF EXISTS " + FOUND,
          "SET search_path = " + quoted(schema) + ", pg_temp",
          "CREATE TEMPORARY TABLE quality_rows AS SELECT * FROM (\n"
              + check.sql()
              + "\n) AS bad WITH NO DATA");
      Map<String, Object> result = new LinkedHashMap<>();
      boolean[] hidden = {true};
      session.transaction(
          connection -> hidden[0] = RowsRead.isHidden(connection, check.sql(), readerRole));
      session.transaction(connection -> look(connection, check, result));
      session.transaction(connection -> keep(connection, check, hidden[0]));
      String all = "SELECT * FROM " + shown(settings.schema(), check.name());
      result.put("query", hidden[0] ? all + FOR_THE_LOADER : all);
      return result;
    } catch (SQLException e) {
      return QualityChecks.failed(reason(e, "run it"));
    } catch (PostgresFailure e) {
      if (e.kind() != PostgresFailure.Kind.DEPENDED_ON) {
        throw e;
      }
      return QualityChecks.failed(e.getMessage());
    } finally {
      reset();
    }
  }

  /** The connection goes back as it came; one that broke has nothing to reset. */
  private void reset() {
    try {
      session.execute(PostgresAccess.SEARCH_PATH, "DROP TABLE IF EXISTS " + FOUND);
    } catch (SQLException e) {
      throw PostgresFailure.of(e, "end a quality check");
    }
  }

  private List<String> missing(QualityCheck check) throws SQLException {
    String tables =
        check.tables().stream()
            .map(table -> "(" + literal(table) + ")")
            .collect(Collectors.joining(", "));
    return Sql.texts(
        session.connection(),
        "SELECT t.name FROM (VALUES %s) AS t(name) WHERE to_regclass(quote_ident(%s) || '.' || quote_ident(t.name)) IS NULL"
            .formatted(tables, literal(schema)));
  }

  private void look(Connection connection, QualityCheck check, Map<String, Object> result)
      throws SQLException {
    Sql.execute(
        connection,
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        // Rows that row security hides are no rows without faults: an error then.
        "SET LOCAL row_security = off",
        "SET LOCAL statement_timeout = " + settings.statementTimeout().toMillis());
    long rows = Sql.number(connection, "SELECT count(*) FROM (\n" + check.sql() + "\n) AS bad");
    long total =
        check.shareOf().isEmpty()
            ? 0
            : Sql.number(
                connection,
                "SELECT count(*) FROM "
                    + StandingSql.from(connection, quoted(schema, check.shareOf())));
    long allowed = check.allowed(total);
    result.put(QualityChecks.STATE, rows > allowed ? QualityChecks.EXCEEDED : QualityChecks.PASSED);
    result.put("rows", rows);
    result.put("allowed", allowed);
    if (!check.shareOf().isEmpty()) {
      result.put("of", check.shareOf());
      result.put("of_rows", total);
    }
    if (rows > 0) {
      String keys =
          check.keys().stream().map(Identifiers::quoted).collect(Collectors.joining(", "));
      Sql.execute(
          connection,
          "INSERT INTO %s SELECT * FROM (\n%s\n) AS bad ORDER BY %s LIMIT %d"
              .formatted(FOUND, check.sql(), keys, settings.keepRows()));
    }
  }

  /** A table of the same columns keeps its rights, and what stands on it. */
  private void keep(Connection connection, QualityCheck check, boolean hidden) throws SQLException {
    String kept = quoted(settings.schema(), check.name());
    String columns =
        "SELECT coalesce(string_agg(attname || ' ' || format_type(atttypid, atttypmod), ',' ORDER BY attnum), '')"
            + " FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped AND attrelid = to_regclass(%s)";
    boolean same =
        Sql.texts(connection, columns.formatted(literal(kept)))
            .equals(Sql.texts(connection, columns.formatted(literal(FOUND))));
    if (!same) {
      make(connection, check, kept, hidden);
    }
    if (hidden && !readerRole.isEmpty()) {
      Sql.execute(connection, "REVOKE SELECT ON " + kept + " FROM " + Identifiers.role(readerRole));
    }
    Sql.execute(
        connection, "DELETE FROM ONLY " + kept, "INSERT INTO " + kept + " SELECT * FROM " + FOUND);
  }

  /** One of other columns has the rights of the one before; who may not see all rows sees none. */
  private void make(Connection connection, QualityCheck check, String kept, boolean hidden)
      throws SQLException {
    String secured =
        """
        SELECT count(*) FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%s) AND (
          c.relrowsecurity OR EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid))"""
            .formatted(literal(kept));
    if (Sql.number(connection, secured) > 0) {
      throw new PostgresFailure(
          PostgresFailure.Kind.DEPENDED_ON,
          "its columns are not those of the table %s.%s, which has row security; drop that table, and secure the new one after the next run"
              .formatted(settings.schema(), check.name()));
    }
    boolean first =
        Sql.number(connection, "SELECT (to_regclass(" + literal(kept) + ") IS NULL)::integer") == 1;
    String made = quoted(settings.schema()) + "." + Identifiers.role(BEING_MADE);
    Sql.execute(connection, "DROP TABLE IF EXISTS " + made);
    Sql.execute(connection, "CREATE TABLE " + made + " (LIKE " + FOUND + ")");
    if (!first) {
      Sql.execute(connection, Sql.texts(connection, Rights.revokeDefaults(made)));
      Sql.execute(connection, Sql.texts(connection, Rights.sameOwner(kept, made)));
      Sql.execute(connection, Sql.texts(connection, Rights.grants(kept, made)));
    } else if (!hidden && !readerRole.isEmpty()) {
      Sql.execute(connection, "GRANT SELECT ON " + made + " TO " + Identifiers.role(readerRole));
    }
    Sql.execute(
        connection,
        "DROP TABLE IF EXISTS " + kept,
        "ALTER TABLE " + made + " RENAME TO " + quoted(check.name()),
        // It has no key, and a database may publish all its tables.
        "ALTER TABLE " + kept + " REPLICA IDENTITY FULL",
        "COMMENT ON TABLE " + kept + " IS " + literal(check.title()));
  }

  /**
   * What PostgreSQL says, without a value of the data.
   *
   * @throws PostgresFailure where the connection broke: no other check would fare better
   */
  private String reason(SQLException e, String doing) {
    if (TIMED_OUT.equals(e.getSQLState())) {
      return "it took longer than load.quality.statement-timeout ("
          + settings.statementTimeout().toSeconds()
          + " s)";
    }
    PostgresFailure failure = PostgresFailure.of(e, doing);
    if (failure.kind() == PostgresFailure.Kind.BROKEN) {
      throw failure;
    }
    return failure.getMessage().replaceFirst("; [^;]*$", "");
  }
}
