package io.epicfhir.load.postgres.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.testing.SharedDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyIn;

/** The binary formats against PostgreSQL's own reading of the same texts. */
class BinaryValuesTest {
  private final String table = SharedDatabase.newSchema();

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** What PostgreSQL makes of each text, and what it has after a binary copy. */
  private void assertSame(ColumnType type, List<String> texts) throws Exception {
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE " + table + " (n integer, v " + PostgresType.sql(type) + ")");
      CopyIn copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("COPY " + table + " FROM STDIN" + CopyBinary.OPTIONS);
      CopyBinary rows = new CopyBinary(new CopyBuffer(copy), 2);
      for (int i = 0; i < texts.size(); i++) {
        rows.beginRow();
        rows.value(ColumnType.INTEGER, utf8(String.valueOf(i)));
        rows.value(type, utf8(texts.get(i)));
        rows.endRow();
      }
      rows.end();
      assertThat(copy.endCopy()).isEqualTo(texts.size());
      List<String> binary = new ArrayList<>();
      try (ResultSet found =
          statement.executeQuery("SELECT v::text FROM " + table + " ORDER BY n")) {
        while (found.next()) {
          binary.add(found.getString(1));
        }
      }
      List<String> own = new ArrayList<>();
      for (String text : texts) {
        String cast = "SELECT ('" + text + "'::" + PostgresType.sql(type) + ")::text";
        try (ResultSet found = statement.executeQuery(cast)) {
          found.next();
          own.add(found.getString(1));
        }
      }
      assertThat(binary).isEqualTo(own);
    }
  }

  @Test
  void decimalsKeepEveryDigit() throws Exception {
    Random random = new Random(7);
    List<String> texts =
        new ArrayList<>(
            List.of(
                "0",
                "-0",
                "0.00",
                "-0.000",
                "1",
                "-1",
                "1.50",
                "10000",
                "9999.9999",
                "100000000",
                "0.0001",
                "0.00001",
                "-0.00010",
                "007.50",
                "1e3",
                "-1E-7",
                "1.50E1",
                "1.5e+2",
                "12345678901234567890123456789012345678901234567890.12345678901234567890"));
    for (int i = 0; i < 400; i++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "-" : "");
      for (int digits = 1 + random.nextInt(30); digits > 0; digits--) {
        text.append(random.nextInt(3) == 0 ? 0 : random.nextInt(10));
      }
      if (random.nextBoolean()) {
        text.append('.');
        for (int digits = 1 + random.nextInt(30); digits > 0; digits--) {
          text.append(random.nextInt(3) == 0 ? 0 : random.nextInt(10));
        }
      }
      if (random.nextInt(4) == 0) {
        text.append(random.nextBoolean() ? "e-" : "E").append(random.nextInt(40));
      }
      texts.add(text.toString());
    }
    assertSame(ColumnType.NUMERIC, texts);
  }

  @Test
  void instantsAndDatesAreTheSamePoints() throws Exception {
    assertSame(
        ColumnType.TIMESTAMPTZ,
        List.of(
            "2015-02-07 13:28:17",
            "2015-02-07 13:28:17.123456",
            "0001-01-01 00:00:00.5",
            "2015-02-07 13:28:17+05:30",
            "2015-02-07T13:28:17Z",
            "2015-02-07T13:28:17.239+02:00",
            "1999-12-31T23:59:59.999999Z",
            "2000-02-29T00:00:00-11:30",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59+14:00",
            "1582-10-10T12:00:00Z",
            "1900-03-01",
            "2024-02-29"));
  }

  @Test
  void datesAreTheSameDays() throws Exception {
    assertSame(ColumnType.DATE, List.of("1900-02-28", "2000-01-01", "2024-02-29", "0001-01-01"));
  }

  @ParameterizedTest
  @CsvSource({
    "NUMERIC, abc",
    "NUMERIC, NaN",
    "NUMERIC, 1e99999",
    "NUMERIC, .5",
    "NUMERIC, 5.",
    "NUMERIC, -",
    "NUMERIC, 1.2.3",
    "NUMERIC, 1-2",
    "INTEGER, 3000000000",
    "INTEGER, 1.5",
    "BIGINT, x",
    "BOOLEAN, yes",
    "DATE, 2015-02-30",
    "DATE, 0000-01-01",
    "TIMESTAMPTZ, 2015-02-07 13:28",
    "TIMESTAMPTZ, 2015-02-07 13:28:17 UTC",
    "TIMESTAMPTZ, 2015-02-07T13:28:17.1234567Z",
    "TIMESTAMPTZ, 2015-02-07T13:28:60Z",
    "TIMESTAMPTZ, 2015-02-07T24:00:00Z",
    "TIMESTAMPTZ, 2015-02-07T13:28:17",
    "TIME, 12:00:00",
    "TIMESTAMPTZ, 2015-02-07T13:28Z",
    "TIMESTAMPTZ, 2015-02-07T13:28:17+15:00"
  })
  void whatIsNotPlainIsLeftToPostgres(ColumnType type, String text) {
    assertThatThrownBy(() -> BinaryValues.of(type, utf8(text)))
        .isInstanceOf(BinaryValues.NotPlain.class)
        .hasMessage("a value that is not plain");
  }
}
