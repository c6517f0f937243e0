package io.epicfhir.load.postgres.state;

import io.epicfhir.common.JobException;
import io.epicfhir.common.job.AuditLog;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.sql.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/**
 * The lake's audit records once more, in the table {@value #TABLE} of the state schema: rows come
 * and never go. Who cuts off or rewrites the lake's log does not reach them, least of all where
 * conf/postgresql/roles.sql made the table, as then the loader may only add to it. What it finds is
 * noted together with the records, so that a load that is killed or fails loses none of it.
 *
 * @param state of the pipeline
 * @param log of the lake
 * @param lake the lake's name
 * @param movedFrom the path where it was before, or empty
 */
public record AuditCopy(LoadState state, AuditLog log, String lake, String movedFrom) {
  static final String TABLE = "audit";
  static final String APPEND_ONLY = "audit_append_only";

  /**
   * Makes the table where it is missing, with the trigger that keeps its records, and notes where
   * the trigger of a table that was there is gone. To be called in a transaction: a table without
   * the trigger would be taken for one that only grows.
   *
   * @throws JobException where the schema has another lake's tables
   */
  public void create(Connection connection) throws SQLException {
    lakes().require(connection, lake, movedFrom);
    findings().create(connection);
    Optional<String> gone = withTrigger(connection);
    if (gone.isPresent()) {
      findings().add(connection, gone.get());
    }
  }

  private Optional<String> withTrigger(Connection connection) throws SQLException {
    List<String> found =
        Sql.texts(
            connection,
            """
            SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid
                AND g.tgname = 'append_only' AND g.tgenabled IN ('O', 'A')) THEN 'kept'
              WHEN pg_has_role(c.relowner, 'USAGE') THEN 'own' ELSE 'other' END
            FROM pg_catalog.pg_class c WHERE c.oid = to_regclass(%s)"""
                .formatted(Identifiers.literal(table())));
    if (found.isEmpty()) {
      make(connection);
      return Optional.empty();
    }
    return switch (found.get(0)) {
      case "kept" -> Optional.empty();
      case "own" -> {
        make(connection);
        yield Optional.of(unguarded("The load put it back."));
      }
      default -> Optional.of(unguarded("Let its owner run conf/postgresql/roles.sql."));
    };
  }

  private String unguarded(String then) {
    return ("The table %s.%s had no trigger append_only, or a disabled one: its records may have"
            + " been changed or deleted. %s To compare it with the lake's log, run:"
            + " python -m epic_fhir.audit LAKE --database URL")
        .formatted(schema(), TABLE, then);
  }

  private void make(Connection connection) throws SQLException {
    Sql.execute(
        connection,
        """
        CREATE TABLE IF NOT EXISTS %1$s (
          number bigint NOT NULL, sha256 text PRIMARY KEY, record text NOT NULL,
          copied_at timestamptz NOT NULL DEFAULT clock_timestamp())"""
            .formatted(table()),
        """
        CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'The audit log only grows'; END $$"""
            .formatted(Identifiers.quoted(schema(), APPEND_ONLY)),
        "DROP TRIGGER IF EXISTS append_only ON " + table(),
        """
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION %s()"""
            .formatted(table(), Identifiers.quoted(schema(), APPEND_ONLY)));
  }

  /**
   * Copies what is missing, which is mostly the last few records, and notes where the lake's log is
   * not the one that was copied.
   *
   * @throws JobException where the schema has another lake's tables, whose records these are not
   */
  public void bringUpToDate(Connection connection) throws SQLException {
    lakes().look(connection, lake, movedFrom);
    Optional<AuditLog.Kept> newest = newest(connection);
    Optional<AuditLog.Kept> same =
        newest
            .flatMap(kept -> log.record(kept.number()))
            .filter(kept -> kept.sha256().equals(newest.get().sha256()));
    // Another log than it was: all of it, beside what was copied before. Read before the
    // transaction, as a lake may be slow.
    List<AuditLog.Kept> missing = log.after(same.map(AuditLog.Kept::number).orElse(0L));
    PostgresSession.transaction(
        connection,
        c -> {
          if (newest.isPresent() && same.isEmpty()) {
            findings().add(c, differs(newest.get()));
          }
          add(c, missing);
        });
  }

  private String differs(AuditLog.Kept newest) {
    return ("The lake's audit log does not match its copy in %s.%s: record %d is missing or"
            + " different. Unless the lake was restored from a backup, someone changed"
            + " the log. To see where, run: python -m epic_fhir.audit LAKE --database URL")
        .formatted(schema(), TABLE, newest.number());
  }

  /** What a person must hear: all that no other run has told. */
  public List<String> warnings(Connection connection, String runKey) throws SQLException {
    return findings().of(connection, runKey);
  }

  /** Nobody reads the run's report, so its warnings wait for the next run. */
  public void waiting(Connection connection, List<String> sentences) throws SQLException {
    for (String sentence : sentences) {
      findings().add(connection, sentence);
    }
  }

  /** The run's report has these sentences; further tries of the run repeat them. */
  public void reported(Connection connection, String runKey, List<String> sentences)
      throws SQLException {
    findings().reported(connection, runKey, sentences);
  }

  private LakeOfSchema lakes() {
    return new LakeOfSchema(state, log.record(1).map(AuditLog.Kept::sha256).orElse(""));
  }

  private AuditFindings findings() {
    return new AuditFindings(schema());
  }

  private String schema() {
    return state.schema();
  }

  private Optional<AuditLog.Kept> newest(Connection connection) throws SQLException {
    // Of two logs, as after a restored backup, the one that was copied last.
    String sql =
        "SELECT number, sha256, record FROM "
            + table()
            + " ORDER BY copied_at DESC, number DESC LIMIT 1";
    try (Statement statement = connection.createStatement();
        ResultSet found = statement.executeQuery(sql)) {
      return found.next()
          ? Optional.of(new AuditLog.Kept(found.getLong(1), found.getString(2), found.getString(3)))
          : Optional.empty();
    }
  }

  private void add(Connection connection, List<AuditLog.Kept> records) throws SQLException {
    String sql =
        "INSERT INTO "
            + table()
            + " (number, sha256, record) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      for (AuditLog.Kept kept : records) {
        insert.setLong(1, kept.number());
        insert.setString(2, kept.sha256());
        insert.setString(3, kept.text());
        insert.addBatch();
      }
      insert.executeBatch();
    }
  }

  private String table() {
    return Identifiers.quoted(schema(), TABLE);
  }
}
