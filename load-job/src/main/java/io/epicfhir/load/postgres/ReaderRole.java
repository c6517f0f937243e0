package io.epicfhir.load.postgres;

import io.epicfhir.common.JobException;
import io.epicfhir.load.postgres.session.PostgresFailure;
import io.epicfhir.load.postgres.session.PostgresSession;
import io.epicfhir.load.postgres.session.Sql;
import io.epicfhir.load.postgres.state.LoadState;
import io.epicfhir.load.settings.LoadSettings;
import io.epicfhir.load.sql.Identifiers;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The role of the settings that may read all tables. It gets a right once: what an administrator
 * takes away by hand stays away until the settings name another role.
 */
record ReaderRole(LoadSettings settings, LoadState state, PostgresSession session) {
  private static final String DOING = "grant load.reader-role its rights";

  /**
   * Gives the role what it lacks since the settings name it. PostgreSQL only warns where it could
   * grant nothing, so each right is asked for after it was given.
   *
   * @param problem called if the role cannot get its rights; the tables are loaded all the same
   * @return the role, or empty where there is none, or it cannot come to the tables
   */
  String given(Consumer<JobException> problem) throws SQLException {
    String role = settings.readerRole();
    if (role.isEmpty()) {
      return "";
    }
    try {
      List<String> missing = new ArrayList<>();
      if (!isKnown(role)) {
        usage(role, missing);
      }
      boolean reaches = missing.isEmpty();
      for (String view : reaches ? views(role) : List.<String>of()) {
        if (select(role, Identifiers.quoted(settings.schema(), view), missing)) {
          note(role, view);
        }
      }
      if (!missing.isEmpty()) {
        problem.accept(refused(role, missing));
      }
      return reaches ? role : "";
    } catch (SQLException e) {
      PostgresFailure failure = PostgresFailure.of(e, DOING);
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      problem.accept(failure.asJobException());
      return "";
    }
  }

  private static JobException refused(String role, List<String> missing) {
    String statements =
        missing.stream()
            .map(right -> "GRANT %s TO %s".formatted(right, Identifiers.role(role)))
            .collect(Collectors.joining("; "));
    return new PostgresFailure(
            PostgresFailure.Kind.REFUSED,
            "Cannot grant %s (load.reader-role) its rights: load.user may not grant them. Ask the owners of these objects to run: %s. Then rerun."
                .formatted(role, statements))
        .asJobException();
  }

  /** Whether some view was loaded with this role in the settings. */
  private boolean isKnown(String role) throws SQLException {
    return session.number(
            "SELECT count(*) FROM %s WHERE target_schema = %s AND reader_role = %s"
                .formatted(
                    state.states(), Identifiers.literal(state.target()), Identifiers.literal(role)))
        > 0;
  }

  /** The schemas, and the bad rows of checks that ran without the role. */
  private void usage(String role, List<String> missing) throws SQLException {
    for (String schema : List.of(settings.schema(), settings.quality().schema())) {
      String there = "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = ";
      if (session.number(there + Identifiers.literal(schema)) > 0) {
        grant(role, "schema", schema, "USAGE ON SCHEMA " + Identifiers.quoted(schema), missing);
      }
    }
    // Rows that row security hides from the role may be among them; the next run of checks knows.
    boolean secured = session.number(RowsRead.secured(settings.schema())) > 0;
    for (String table : secured ? List.<String>of() : badRows()) {
      select(role, table, missing);
    }
  }

  private boolean select(String role, String table, List<String> missing) throws SQLException {
    return grant(role, "table", table, "SELECT ON " + table, missing);
  }

  /**
   * Grants one right.
   *
   * @param kind of the object, as has_..._privilege() has it
   * @param name of the object, for the same
   * @param missing gets the right where the role does not have it then
   */
  private boolean grant(String role, String kind, String name, String right, List<String> missing)
      throws SQLException {
    try {
      session.execute("GRANT " + right + " TO " + Identifiers.role(role));
    } catch (SQLException e) {
      if (!"42501".equals(e.getSQLState())) {
        throw e;
      }
    }
    String has =
        "SELECT has_%s_privilege(%s, %s, '%s')::integer"
            .formatted(
                kind,
                Identifiers.literal(role),
                Identifiers.literal(name),
                right.substring(0, right.indexOf(' ')));
    boolean given = session.number(has) == 1;
    if (!given) {
      missing.add(right);
    }
    return given;
  }

  /** Those that were loaded for another role, or none. */
  private List<String> views(String role) throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        SELECT view FROM %2$s WHERE target_schema = %3$s AND reader_role <> %1$s
          AND to_regclass(format('%%I.%%I', target_schema, view)) IS NOT NULL ORDER BY view"""
            .formatted(
                Identifiers.literal(role), state.states(), Identifiers.literal(state.target())));
  }

  private List<String> badRows() throws SQLException {
    return Sql.texts(
        session.connection(),
        """
        SELECT format('%%I.%%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %s AND c.relkind = 'r' AND pg_get_userbyid(c.relowner) = current_user
        ORDER BY 1"""
            .formatted(Identifiers.literal(settings.quality().schema())));
  }

  /** The table lets this role read now. */
  private void note(String role, String view) throws SQLException {
    Sql.update(
        session.connection(),
        "UPDATE " + state.states() + " SET reader_role = ? WHERE target_schema = ? AND view = ?",
        role,
        state.target(),
        view);
  }
}
