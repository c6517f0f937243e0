package io.epicfhir.load;

import io.epicfhir.common.JobException;
import java.sql.SQLException;
import java.util.function.Consumer;

/**
 * The role of the settings that may read all tables. It gets a right once: what an administrator
 * takes away by hand stays away until the settings name another role.
 */
record ReaderRole(LoadSettings settings, LoadState state, PostgresSession session) {

  /**
   * Gives the role what it lacks since the settings name it.
   *
   * @param problem told where the role cannot be given its rights; the tables are loaded all the
   *     same
   * @return the role, or empty where there is none
   */
  String given(Consumer<JobException> problem) throws SQLException {
    String role = settings.readerRole();
    if (role.isEmpty()) {
      return "";
    }
    try {
      if (!state.knowsRole(session.connection(), role)) {
        session.execute(
            "GRANT USAGE ON SCHEMA "
                + Identifiers.quoted(settings.schema())
                + " TO "
                + Identifiers.role(role));
      }
      for (String grant : state.grantsFor(session.connection(), role)) {
        session.execute(grant);
      }
      state.gave(session.connection(), role);
      return role;
    } catch (SQLException e) {
      PostgresFailure failure =
          PostgresFailure.of(e, "give the role of load.reader-role its rights");
      if (failure.kind() == PostgresFailure.Kind.BROKEN) {
        throw failure;
      }
      problem.accept(failure.asJobException());
      return "";
    }
  }
}
