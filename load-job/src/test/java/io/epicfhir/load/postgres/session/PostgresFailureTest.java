package io.epicfhir.load.postgres.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.epicfhir.load.LoadRun;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

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
