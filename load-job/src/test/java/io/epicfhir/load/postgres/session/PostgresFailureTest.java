package io.epicfhir.load.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.common.ExitCode;
import io.epicfhir.load.LoadRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** What the driver itself says of a connection that broke is tried again, whatever it calls it. */
class PostgresFailureTest {
  private static final byte[] ROW = "1\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);

  @Test
  void aCopyWhoseConnectionBrokeIsBrokenHoweverItIsTouched() throws Exception {
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE broken (a int)");
      CopyIn copy =
          connection.unwrap(PGConnection.class).getCopyAPI().copyIn("COPY broken FROM STDIN");
      copy.writeToCopy(ROW, 0, ROW.length);
      end(connection.unwrap(PGConnection.class).getBackendPID());

      assertBroken(
          () -> {
            for (int i = 0; i < 1_000_000; i++) {
              copy.writeToCopy(ROW, 0, ROW.length);
              copy.flushCopy();
            }
          });
      assertBroken(() -> copy.writeToCopy(ROW, 0, ROW.length));
      assertBroken(copy::endCopy);
      assertBroken(copy::cancelCopy);
      assertBroken(connection::commit);
      assertBroken(() -> statement.execute("SELECT 1"));
    }
  }

  @Test
  void aSyntaxErrorIsNotTriedAgain() throws Exception {
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      SQLException said =
          catchThrowableOfType(SQLException.class, () -> statement.execute("SELEC 1"));

      assertThat(PostgresFailure.of(said, "ask").kind()).isEqualTo(PostgresFailure.Kind.DEFECT);
    }
  }

  /** Its author may put anything into the words, under any code, and name any column. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "RAISE EXCEPTION 'of MRN-1'",
        "RAISE EXCEPTION 'of MRN-1' USING ERRCODE = 'program_limit_exceeded'",
        "RAISE EXCEPTION 'no' USING ERRCODE = '23514', CONSTRAINT = 'of MRN-1'",
        "RAISE EXCEPTION 'no' USING ERRCODE = '22023', COLUMN = 'of MRN-1'",
        "RAISE EXCEPTION 'of MRN-1' USING ERRCODE = '42000'"
      })
  void theWordsOfAFunctionAreNotTold(String raise) throws Exception {
    SQLException said = refusalOf("DO $$ BEGIN " + raise + "; END $$");

    PostgresFailure failure = PostgresFailure.of(said, "ask");

    assertThat(failure).hasMessageContaining("refused it").hasMessageNotContaining("MRN-1");
    assertThat(failure.constraint()).isEmpty();
  }

  /** As servers in other languages say it: by lc_messages, which the loader may not change. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "C42601\tMSyntaxfehler bei »Müller«\tWPL/pgSQL-Funktion mask() Zeile 3 bei EXECUTE\tRscanner_yyerror",
        "C38000\tMspiexceptions: Müller\tWPL/Python-Funktion »mask«\tRPLy_elog_impl",
        "C53000\tMMüller\tWPL/Python-Funktion »mask«\tRPLy_elog_impl",
        "C42501\tMMüller\tWPL/pgSQL-Funktion mask() Zeile 3 bei RAISE\tRexec_stmt_raise",
        "C23514\tMMüller\tnMüller\tWPL/Perl-Funktion »mask«\tRplperl_util_elog",
        "C22P02\tMMüller\tcMüller\tWPL/Tcl函数\tRpltcl_returnnext"
      })
  void theWordsOfAFunctionAreNotToldInAnyLanguage(String said) {
    PostgresFailure failure = PostgresFailure.of(error(said), "ask");

    assertThat(failure)
        .hasMessageContaining("a trigger or function refused it")
        .hasMessageNotContaining("Müller");
    assertThat(failure.constraint()).isEmpty();
  }

  /** Neither is a function's, and both help. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "C55P03\tMSperre nicht erhalten\tWbeim Sperren von Tupel (0,1)\tRProcessInterrupts"
            + " ! Sperre nicht erhalten",
        "C23503\tMverletzt\tnof_z\ttnotes\tWSQL-Anweisung »DELETE FROM ONLY x«\tRri_ReportViolation"
            + " ! the foreign key of_z of table notes does not allow it",
        "C42P01\tMRelation »x« existiert nicht\tRparserOpenTable ! Relation »x« existiert nicht"
      })
  void theServersOwnAreTold(String said, String told) {
    assertThat(PostgresFailure.of(error(said), "ask")).hasMessageContaining(told);
  }

  /** Whatever code its author chose or its function ran into, no retry helps, nor the settings. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "RAISE EXCEPTION 'no' USING ERRCODE = '42501'",
        "RAISE EXCEPTION 'no' USING ERRCODE = '42704'",
        "RAISE EXCEPTION 'no' USING ERRCODE = '08006'",
        "RAISE EXCEPTION 'no' USING ERRCODE = '53100'",
        "INSERT INTO nowhere VALUES (1)",
        "PERFORM nobody()",
        "EXECUTE 'SELECT * FROM pg_authid; SET ROLE nobody_at_all'"
      })
  void whatAFunctionRunsIntoIsItsAuthorsToMend(String body) throws Exception {
    SQLException said = refusalOf("DO $$ BEGIN " + body + "; END $$");

    PostgresFailure failure = PostgresFailure.of(said, "ask");

    assertThat(failure.kind()).isEqualTo(PostgresFailure.Kind.DATA);
    assertThat(failure)
        .hasMessageContaining("author")
        .hasMessageNotContaining("bug")
        .hasMessageNotContaining("load.user");
    assertThat(failure.getMessage().contains("ALTER FUNCTION"))
        .isEqualTo(said.getSQLState().startsWith("42") && !said.getSQLState().equals("42501"));
  }

  /** A function that waits for a lock, or needs a disk that is full, is none of its author's. */
  @ParameterizedTest
  @CsvSource({
    "C55P03\tMno\tWPL/pgSQL function log() line 1 at SQL statement\tRProcessInterrupts, BUSY",
    "C53100\tMno\tWPL/pgSQL function log() line 1 at SQL statement\tRmdextend, BROKEN",
    "CXX001\tMinvalid page\tRbuffer_readv_complete, DAMAGED"
  })
  void whatTheServerRunsIntoIsNot(String said, PostgresFailure.Kind kind) {
    assertThat(PostgresFailure.of(error(said.replace("\\t", "\t")), "ask").kind()).isEqualTo(kind);
  }

  private static SQLException error(String said) {
    return new PSQLException(new ServerErrorMessage("SERROR\0" + said.replace('\t', '\0') + "\0"));
  }

  /** Where no column is known, PostgreSQL quotes the line. */
  @Test
  void aLineOfACopyIsNotTakenForAColumn() throws Exception {
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TEMPORARY TABLE few (a int)");
      byte[] line = "1\tof me, column 4711\n".getBytes(java.nio.charset.StandardCharsets.UTF_8);
      SQLException said =
          catchThrowableOfType(
              SQLException.class,
              () ->
                  connection
                      .unwrap(PGConnection.class)
                      .getCopyAPI()
                      .copyIn("COPY few FROM STDIN", new java.io.ByteArrayInputStream(line)));

      assertThat(PostgresFailure.of(said, "copy"))
          .hasMessageNotContaining("4711")
          .hasMessageNotContaining("of me");
    }
  }

  @Test
  void aServerThatTakesNoWritesIsToldWithWhatToDo() throws Exception {
    SQLException said =
        refusalOf("SET default_transaction_read_only = on; CREATE TABLE no_table (a int)");

    PostgresFailure failure = PostgresFailure.of(said, "ask");

    assertThat(failure.asJobException().exitCode()).isEqualTo(ExitCode.STORAGE);
    assertThat(failure)
        .hasMessageContaining("if the server is a standby")
        .hasMessageContaining("set default_transaction_read_only to off for load.user");
  }

  private static SQLException refusalOf(String sql) throws SQLException {
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      return catchThrowableOfType(
          SQLException.class,
          () -> {
            for (String one : sql.startsWith("DO ") ? new String[] {sql} : sql.split("; ")) {
              statement.execute(one);
            }
          });
    }
  }

  private static void assertBroken(ThrowingCallable touch) {
    SQLException said = catchThrowableOfType(SQLException.class, touch);
    if (said != null) {
      assertThat(PostgresFailure.of(said, "copy").kind())
          .as("%s (SQLSTATE %s)", said.getMessage(), said.getSQLState())
          .isEqualTo(PostgresFailure.Kind.BROKEN);
    }
  }

  private static void end(int pid) throws SQLException {
    try (Connection other = LoadRun.connect();
        Statement statement = other.createStatement()) {
      statement.execute("SELECT pg_terminate_backend(" + pid + ", 5000)");
    }
  }
}
