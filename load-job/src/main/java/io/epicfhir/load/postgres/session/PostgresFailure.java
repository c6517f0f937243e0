package io.epicfhir.load.postgres.session;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.load.spi.TableBusy;
import io.epicfhir.load.spi.TableDamaged;
import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;

/**
 * What PostgreSQL said, fit to be read by anybody: Spark logs a task's exception, and PostgreSQL's
 * own text quotes the value that it refuses. So neither that text nor the cause is kept where there
 * may be a value in it.
 */
public final class PostgresFailure extends JobException {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final String sqlState;
  private final String constraint;

  /** What to do about a failure. */
  public enum Kind {
    /** The connection broke, or the server is away or full: the same may work a little later. */
    BROKEN(ExitCode.STORAGE),
    /** The server takes no writes: a standby, or a database that is kept as it is. */
    READ_ONLY(ExitCode.STORAGE),
    /** A page or an index that the server cannot read: its disk, or its memory, lost something. */
    DAMAGED(ExitCode.STORAGE),
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
    super(kind.exitCode, message);
    this.kind = kind;
    this.sqlState = sqlState;
    this.constraint = constraint;
  }

  /** A value that no column of the type takes, as PostgreSQL would say it. */
  public static PostgresFailure ofValue(String message) {
    return new PostgresFailure(Kind.DATA, message, "22007", "");
  }

  /**
   * What the server or its driver says, as a failure.
   *
   * @param doing completes "Cannot …"
   */
  public static PostgresFailure of(SQLException e, String doing) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    ServerWords words = new ServerWords(e);
    Kind kind = fromServer(e) ? kind(state) : kindOfDriver(state);
    if (words.raisedByProgram()) {
      kind = Kind.DATA; // whatever code its author chose, or its function ran into
    }
    String why = words.why(kind == Kind.DATA);
    return new PostgresFailure(
        kind,
        "Cannot " + doing + ": " + why + " (SQLSTATE " + state + "); " + advice(state, words, kind),
        state,
        words.constraint());
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

  /** The same, where its table can be replaced. */
  public TableDamaged asTableDamaged() {
    return new TableDamaged(getMessage(), damage(), this);
  }

  /** Whether a table's own files are damaged: a new table of the same rows has others. */
  public boolean isDamage() {
    return isDamage(sqlState);
  }

  /** The same, of an SQLSTATE. */
  public static boolean isDamage(String state) {
    return Set.of("XX001", "XX002", "58P01").contains(String.valueOf(state));
  }

  /** Why rows could not be read, for people; empty where they could. */
  public String damage() {
    return isDamage() ? "SQLSTATE " + sqlState : "";
  }

  /** Whether the server sent it; else the driver says what it saw. */
  private static boolean fromServer(SQLException e) {
    return !(e instanceof PSQLException known) || known.getServerErrorMessage() != null;
  }

  /**
   * Of an exception that no server sent: where a connection breaks under a COPY, the driver reports
   * of a state it did not expect, or has no SQLSTATE at all. None of that is wrong SQL.
   */
  private static Kind kindOfDriver(String state) {
    Kind kind = kind(state);
    boolean unexpected = kind == Kind.DEFECT || state.equals("55000");
    return unexpected && !state.startsWith("42") ? Kind.BROKEN : kind;
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
            case "42P10", "55000" -> Kind.DEPENDED_ON; // a publication has no key for its deletes
            case "25006" -> Kind.READ_ONLY;
            case "25P03", "25P04" -> Kind.BROKEN; // a timeout of transactions ended the session
            case "42704" -> Kind.SETTINGS; // a role that is not there
            case "XX001", "XX002" -> Kind.DAMAGED;
            default -> Kind.DEFECT;
          };
    };
  }

  private static String advice(String state, ServerWords words, Kind kind) {
    if (words.raisedByProgram() && Set.of("42P01", "42883", "42704", "3F000").contains(state)) {
      return "ask the function's author to name schemas in it, or to give it a search_path (ALTER"
          + " FUNCTION ... SET search_path = ...), because the load looks names up in pg_catalog only;"
          + " the table keeps its last rows";
    }
    if (kind == Kind.DATA && words.saidByProgram()) {
      return "ask the trigger's author, or disable the trigger, then rerun; the table keeps its last rows";
    }
    switch (state) {
      case "42809" -> {
        return "another object has the name of a table: rename or drop it, then rerun";
      }
      case "23503" -> {
        return "ask the owner of the foreign key to add ON DELETE CASCADE, to remove the referencing rows, or to drop the key;"
            + " the table keeps its last rows";
      }
      case "42P10", "55000" -> {
        return "the table may be in a publication whose row filter or column list does not fit its REPLICA IDENTITY (see pg_publication_tables), so its rows cannot be deleted; change one of the two, then rerun; the old table stays";
      }
      default -> {
        // by its kind
      }
    }
    return switch (kind) {
      case BROKEN ->
          "check that the server is up and has free disk space and connections, then rerun";
      case READ_ONLY ->
          "if the server is a standby, set load.jdbc-url to the primary (targetServerType=primary);"
              + " otherwise set default_transaction_read_only to off for load.user; then rerun";
      case DAMAGED ->
          "the server's storage is damaged: check its disks and rerun. If the load still fails, ask"
              + " the table's owner to run REINDEX TABLE, or TRUNCATE (the lake has its rows); then"
              + " rerun";
      case BUSY -> "another session holds a lock; rerun when it has ended";
      case REFUSED -> "check load.user, load.password-file and the role's privileges";
      case DEPENDED_ON ->
          "drop the objects that depend on the table, rerun, then create them again";
      case DATA -> "correct the view's column or its ansi/type tag; the table keeps its last rows";
      case SETTINGS -> "check the block load of the settings; the table keeps its last rows";
      case DEFECT -> "the table keeps its last rows; report this as a bug, with the SQLSTATE";
    };
  }
}
