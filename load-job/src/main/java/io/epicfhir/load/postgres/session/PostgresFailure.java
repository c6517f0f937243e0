package io.epicfhir.load.postgres.session;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.load.spi.TableBusy;
import java.sql.SQLException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What PostgreSQL said, fit to be read by anybody: Spark logs a task's exception, and PostgreSQL's
 * own text quotes the value that it refuses. So neither that text nor the cause is kept where there
 * may be a value in it.
 */
public final class PostgresFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Of a COPY's line; what follows the name is the value, which may hold any words. */
  private static final Pattern COLUMN =
      Pattern.compile("^COPY \\w+, line \\d+, column (\\w+)(?:[:,]|$)");

  private static final Pattern FUNCTION = Pattern.compile("^[\\w/]+ function \"?([\\w.]+)");

  private final Kind kind;
  private final String sqlState;
  private final String constraint;

  /** What to do about a failure. */
  public enum Kind {
    /** The connection broke, or the server is away or full: the same may work a little later. */
    BROKEN(ExitCode.STORAGE),
    /** The server takes no writes: a standby, or a database that is kept as it is. */
    READ_ONLY(ExitCode.STORAGE),
    /** Another session held a lock. */
    BUSY(ExitCode.STORAGE),
    /** Password, rights, a database that is not there. */
    REFUSED(ExitCode.REFUSED),
    /** A SQL view stands on the table that is to go. */
    DEPENDED_ON(ExitCode.REFUSED),
    /** A value that the column's type does not take. */
    DATA(ExitCode.DATA_REFUSED),
    /** What the settings name cannot be used. */
    SETTINGS(ExitCode.SETTINGS),
    /** SQL that is wrong. */
    DEFECT(ExitCode.DEFECT);

    private final ExitCode exitCode;

    Kind(ExitCode exitCode) {
      this.exitCode = exitCode;
    }
  }

  public PostgresFailure(Kind kind, String message) {
    this(kind, message, "", "");
  }

  private PostgresFailure(Kind kind, String message, String sqlState, String constraint) {
    super(message);
    this.kind = kind;
    this.sqlState = sqlState;
    this.constraint = constraint;
  }

  /**
   * What the server or its driver says, as a failure.
   *
   * @param doing completes "Cannot …"
   */
  public static PostgresFailure of(SQLException e, String doing) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    Kind kind = fromServer(e) ? kind(state) : kindOfDriver(state);
    String why = why(e, state, kind);
    return new PostgresFailure(
        kind,
        "Cannot " + doing + ": " + why + " (SQLSTATE " + state + "); " + advice(e, kind),
        state,
        constraint(e));
  }

  private static String why(SQLException e, String state, Kind kind) {
    if (saidByProgram(e)) {
      Matcher function = FUNCTION.matcher(context(e));
      return function.find()
          ? "a trigger or function refused it: " + function.group(1)
          : "a trigger or function refused it";
    }
    if (kind == Kind.DATA) {
      return refused(e, state);
    }
    return inCopy(e, state) ? "the server rejected the rows" : firstLine(e.getMessage());
  }

  /**
   * The words of a trigger or a function are its author's: they may quote rows, under any state,
   * and where they name a constraint or a column, as that name, too.
   */
  private static boolean saidByProgram(SQLException e) {
    ServerErrorMessage said = said(e);
    return said != null
        && ("exec_stmt_raise".equals(said.getRoutine())
            || (context(e).contains(" function ") && !context(e).startsWith("COPY ")));
  }

  /** A full or broken disk (53, 58) is the server's own to tell, in a COPY, too. */
  private static boolean inCopy(SQLException e, String state) {
    return context(e).startsWith("COPY ") && !state.matches("5[38].*");
  }

  private static String context(SQLException e) {
    ServerErrorMessage said = said(e);
    return said == null || said.getWhere() == null ? "" : said.getWhere();
  }

  private static ServerErrorMessage said(SQLException e) {
    return e instanceof PSQLException known ? known.getServerErrorMessage() : null;
  }

  /** PostgreSQL's own words quote values, except where it only tells of sizes and counts. */
  private static String refused(SQLException e, String state) {
    if (state.startsWith("54")) {
      return firstLine(e.getMessage());
    }
    if (state.equals("23503") && !constraint(e).isEmpty()) {
      return "the foreign key %s of table %s does not allow it"
          .formatted(constraint(e), said(e).getTable());
    }
    if (state.startsWith("23") && !constraint(e).isEmpty()) {
      return "a row violates the constraint " + constraint(e);
    }
    String column = column(e);
    return column.isEmpty()
        ? "an index, a generated column, a partition or a check rejects a value"
        : "a value of column " + column + " is rejected";
  }

  private static String constraint(SQLException e) {
    ServerErrorMessage said = said(e);
    return said == null || said.getConstraint() == null || saidByProgram(e)
        ? ""
        : said.getConstraint();
  }

  public Kind kind() {
    return kind;
  }

  /** PostgreSQL's code for it; empty where it is ours. */
  public String sqlState() {
    return sqlState;
  }

  /** The constraint or index that a row does not fit; empty where it is something else. */
  public String constraint() {
    return constraint;
  }

  public JobException asJobException() {
    if (kind == Kind.BUSY) {
      return new TableBusy(getMessage(), this);
    }
    return new JobException(kind.exitCode, getMessage(), this);
  }

  /** Whether the server sent it; else the driver says what it saw. */
  private static boolean fromServer(SQLException e) {
    return !(e instanceof PSQLException known) || known.getServerErrorMessage() != null;
  }

  /**
   * Of an exception that no server sent: where a connection breaks under a COPY, the driver tells
   * of a state it did not expect, or has no SQLSTATE at all. None of that is wrong SQL.
   */
  private static Kind kindOfDriver(String state) {
    Kind kind = kind(state);
    return kind == Kind.DEFECT && !state.startsWith("42") ? Kind.BROKEN : kind;
  }

  private static Kind kind(String state) {
    if (state.equals("40001") || state.equals("40P01") || state.equals("55P03")) {
      return Kind.BUSY;
    }
    return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
      case "08", "53", "57", "58" -> Kind.BROKEN;
      case "28", "3D" -> Kind.REFUSED;
      case "2B" -> Kind.DEPENDED_ON;
      case "22", "23", "54", "P0" -> Kind.DATA; // P0: what a trigger says may quote a value
      default ->
          switch (state) {
            case "42501", "42809" -> Kind.REFUSED;
            case "25006" -> Kind.READ_ONLY;
            case "25P03", "25P04" -> Kind.BROKEN; // a timeout of transactions ended the session
            case "42704" -> Kind.SETTINGS; // a role that is not there
            default -> Kind.DEFECT;
          };
    };
  }

  private static String advice(SQLException e, Kind kind) {
    if (kind == Kind.DATA && saidByProgram(e)) {
      return "ask the trigger's author, or disable the trigger, then rerun; the table keeps its last rows";
    }
    switch (String.valueOf(e.getSQLState())) {
      case "42809" -> {
        return "another object has the name of a table: rename or drop it, then rerun";
      }
      case "23503" -> {
        return "ask the owner of the foreign key to add ON DELETE CASCADE, to remove the referencing rows, or to drop the key;"
            + " the table keeps its last rows";
      }
      default -> {
        // by its kind
      }
    }
    return switch (kind) {
      case BROKEN ->
          "check that the server is up and has free disk space and connections, then rerun";
      case READ_ONLY ->
          "if it is a standby, let load.jdbc-url name the primary (targetServerType=primary);"
              + " else set default_transaction_read_only to off for load.user, then rerun";
      case BUSY -> "another session holds a lock; rerun when it has ended";
      case REFUSED -> "check load.user, load.password-file and the role's privileges";
      case DEPENDED_ON -> "drop the objects that depend on it, rerun, then create them again";
      case DATA -> "correct the view's column or its ansi/type tag; the table keeps its last rows";
      case SETTINGS -> "check the block load of the settings; the table keeps its last rows";
      case DEFECT -> "the table keeps its last rows; report this as a bug, with the SQLSTATE";
    };
  }

  private static String column(SQLException e) {
    ServerErrorMessage said = said(e);
    if (said != null && said.getColumn() != null) {
      return said.getColumn();
    }
    Matcher column = COLUMN.matcher(context(e));
    return column.find() ? column.group(1) : "";
  }

  private static String firstLine(String message) {
    return message == null ? "no message" : message.lines().findFirst().orElse("no message");
  }
}
