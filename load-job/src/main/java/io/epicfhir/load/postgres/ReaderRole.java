package io.epicfhir.load.postgres;

import io.epicfhir.common.JobException;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.sql.Identifiers;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Consumer;

/**
 * The role of the settings that may read all tables. It gets a right once: what an administrator
 * takes away by hand stays away until the settings name another role.
 */
record ReaderRole(LoadSettings settings, LoadState state, PostgresSession session) {

  /**
   * Gives the role what it lacks since the settings name it.
   *
   * @param problem called if the role cannot get its rights; the tables are loaded all the
   *     same
   * @return the role, or empty where there is none
   */
  String given(Consumer<JobException> problem) throws SQLException {
    String role = settings.readerRole();
    if (role.isEmpty()) {
      return "";
    }
    try {
      if (!isKnown(role)) {
        session.execute(
            "GRANT USAGE ON SCHEMA "
                + Identifiers.quoted(settings.schema())
                + " TO "
                + Identifiers.role(role));
        Sql.execute(session.connection(), badRows(role));
      }
      Sql.execute(session.connection(), grants(role));
      note(role);
      return role;
    } catch (SQLException e) {
      PostgresFailure failure =
          PostgresFailure.of(e, "grant the role of load.reader-role its privileges");
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      problem.accept(failure.asJobException());
      return "";
    }
  }

  /** Whether some view was loaded with this role in the settings. */
  private boolean isKnown(String role) throws SQLException {
    return session.number(
            "SELECT count(*) FROM %s WHERE target_schema = %s AND reader_role = %s"
                .formatted(
                    state.states(), Identifiers.literal(state.target()), Identifiers.literal(role)))
        > 0;
  }

  /** Statements that let the role read the tables that were loaded for another role, or none. */
  private List<String> grants(String role) throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        SELECT format('GRANT SELECT ON %%I.%%I TO %%I', target_schema, view, %1$s)
        FROM %2$s WHERE target_schema = %3$s AND reader_role <> %1$s
          AND to_regclass(format('%%I.%%I', target_schema, view)) IS NOT NULL"""
            .formatted(
                Identifiers.literal(role), state.states(), Identifiers.literal(state.target())));
  }

  /** Statements that let the role read the bad rows of checks that ran without it. */
  private List<String> badRows(String role) throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        SELECT format('GRANT USAGE ON SCHEMA %%I TO %%I', n.nspname, %1$s)
        FROM pg_catalog.pg_namespace n WHERE n.nspname = %2$s UNION ALL
        SELECT format('GRANT SELECT ON %%I.%%I TO %%I', n.nspname, c.relname, %1$s)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %2$s AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) = current_user"""
            .formatted(
                Identifiers.literal(role), Identifiers.literal(settings.quality().schema())));
  }

  /** All tables let this role read now; those of earlier releases always did. */
  private void note(String role) throws SQLException {
    Sql.update(
        session.connection(),
        "UPDATE "
            + state.states()
            + " SET reader_role = ? WHERE target_schema = ? AND reader_role IS DISTINCT FROM ?",
        role,
        state.target(),
        role);
  }
}
