package io.epicfhir.load.postgres.session;

import java.sql.SQLException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What of a server's error may be read by anybody. A server speaks its own language, so nothing is
 * known by the words around a value: only by codes, and by the names of PostgreSQL's own functions,
 * which are never translated.
 */
final class ServerWords {
  /** Of a COPY's line; what follows the name is the value, which may hold any words. */
  private static final Pattern COLUMN =
      Pattern.compile("^COPY \\w+, line \\d+, column (\\w+)(?:[:,]|$)");

  private static final Pattern FUNCTION = Pattern.compile("^[\\w/]+ function \"?([\\w.]+)");

  /** Of sessions, locks, space and the machine: no statement's own words. */
  private static final String OF_THE_SERVER = "(25|40|53|55|57|58|XX00[12]).*";

  /** Of procedural languages, whose programs may give an error any code. */
  private static final String OF_LANGUAGES = "(?i)(pl|exec_stmt_).*";

  /** They name a constraint that is there. */
  private static final Set<String> OF_CONSTRAINTS =
      Set.of(
          "ri_ReportViolation",
          "_bt_check_unique",
          "check_exclusion_or_unique_constraint",
          "ExecConstraints",
          "ReportNotNullViolationError");

  private final SQLException error;
  private final ServerErrorMessage said;
  private final String state;
  private final String context;

  ServerWords(SQLException error) {
    this.error = error;
    this.said = error instanceof PSQLException known ? known.getServerErrorMessage() : null;
    this.state = error.getSQLState() == null ? "" : error.getSQLState();
    this.context = said == null || said.getWhere() == null ? "" : said.getWhere();
  }

  /** Why it failed, without a value. */
  String why(boolean ofData) {
    if (saidByProgram()) {
      Matcher function = FUNCTION.matcher(context);
      return function.find()
          ? "a trigger or function refused it: " + function.group(1)
          : "a trigger or function refused it";
    }
    if (ofData) {
      return refused();
    }
    return inCopy() ? "the server rejected the rows" : firstLine();
  }

  /**
   * The words of a trigger or a function are its author's: they may quote rows, under any state,
   * and where they name a constraint or a column, as that name, too. What has a context comes from
   * within something that somebody wrote, unless the server itself is known to speak.
   */
  boolean saidByProgram() {
    if (said == null) {
      return false;
    }
    String routine = String.valueOf(said.getRoutine());
    return routine.equals("exec_stmt_raise")
        || (!context.isEmpty()
            && !context.startsWith("COPY ")
            && (context.contains(" function ")
                || !(state.matches(OF_THE_SERVER) || OF_CONSTRAINTS.contains(routine))
                || routine.matches(OF_LANGUAGES)));
  }

  /**
   * Whether the failure is the program's own, too: not where the server, within a function, waits
   * for a lock or has no disk left.
   */
  boolean raisedByProgram() {
    return saidByProgram()
        && (!state.matches(OF_THE_SERVER)
            || String.valueOf(said.getRoutine()).matches(OF_LANGUAGES));
  }

  /** A full or broken disk (53, 58) is the server's own to tell, in a COPY, too. */
  private boolean inCopy() {
    return context.startsWith("COPY ") && !state.matches("5[38].*");
  }

  /** PostgreSQL's own words quote values, except if they only give sizes and counts. */
  private String refused() {
    if (state.startsWith("54")) {
      return firstLine();
    }
    if (state.equals("23503") && !constraint().isEmpty()) {
      return "the foreign key %s of table %s does not allow it"
          .formatted(constraint(), said.getTable());
    }
    if (state.startsWith("23") && !constraint().isEmpty()) {
      return "a row violates the constraint " + constraint();
    }
    String column = column();
    return column.isEmpty()
        ? "an index, a generated column, a partition or a check rejects a value"
        : "a value of column " + column + " is not taken";
  }

  /** The constraint or index that a row does not fit; empty where none is known. */
  String constraint() {
    return said == null || said.getConstraint() == null || saidByProgram()
        ? ""
        : said.getConstraint();
  }

  private String column() {
    if (said != null && said.getColumn() != null) {
      return said.getColumn();
    }
    Matcher column = COLUMN.matcher(context);
    return column.find() ? column.group(1) : "";
  }

  private String firstLine() {
    String message = error.getMessage();
    return message == null ? "no message" : message.lines().findFirst().orElse("no message");
  }
}
