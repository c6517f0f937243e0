package io.epicfhir.load.postgres.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.spi.TableShape;
import io.epicfhir.load.testing.SharedDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.spark.sql.execution.vectorized.Dictionary;
import org.apache.spark.sql.execution.vectorized.OnHeapColumnVector;
import org.apache.spark.sql.execution.vectorized.WritableColumnVector;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.vectorized.ColumnVector;
import org.apache.spark.sql.vectorized.ColumnarBatch;
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

  private static WritableColumnVector texts(int rows, String... values) {
    WritableColumnVector vector = new OnHeapColumnVector(rows, DataTypes.StringType);
    for (int row = 0; row < rows; row++) {
      String value = values[row % values.length];
      if (value == null) {
        vector.putNull(row);
      } else {
        vector.putByteArray(row, utf8(value));
      }
    }
    return vector;
  }

  /** As the Parquet reader leaves a column of a file that has its values in a dictionary. */
  private static WritableColumnVector listed(int rows, String... values) {
    WritableColumnVector vector = new OnHeapColumnVector(rows, DataTypes.StringType);
    WritableColumnVector ids = vector.reserveDictionaryIds(rows);
    for (int row = 0; row < rows; row++) {
      if (values[row % values.length] == null) {
        vector.putNull(row);
      }
      ids.putInt(row, row % values.length);
    }
    vector.setDictionary(
        new Dictionary() {
          @Override
          public int decodeToInt(int id) {
            throw new UnsupportedOperationException();
          }

          @Override
          public long decodeToLong(int id) {
            throw new UnsupportedOperationException();
          }

          @Override
          public float decodeToFloat(int id) {
            throw new UnsupportedOperationException();
          }

          @Override
          public double decodeToDouble(int id) {
            throw new UnsupportedOperationException();
          }

          @Override
          public byte[] decodeToBinary(int id) {
            return utf8(values[id]);
          }
        });
    return vector;
  }

  private static ColumnarBatch batch(int rows, String suffix, String longest) {
    WritableColumnVector truth = new OnHeapColumnVector(rows, DataTypes.BooleanType);
    WritableColumnVector count = new OnHeapColumnVector(rows, DataTypes.IntegerType);
    WritableColumnVector list =
        new OnHeapColumnVector(rows, DataTypes.createArrayType(DataTypes.StringType));
    for (int row = 0; row < rows; row++) {
      truth.putBoolean(row, row % 2 == 0);
      count.putInt(row, -row);
      if (row % 3 == 2) {
        list.putNull(row);
      } else {
        int at = list.arrayData().appendByteArray(utf8("ü" + suffix), 0, 2 + suffix.length());
        list.arrayData().appendNull();
        list.putArray(row, at, row % 3 == 0 ? 2 : 0);
      }
    }
    ColumnVector[] all = {
      count,
      texts(rows, "ä" + suffix, null, "a\0b\0", longest, "", "12345678"),
      texts(rows, (String) null),
      listed(rows, "x" + suffix, null, "nul\0", "z"),
      truth,
      list,
      listed(rows, "1.50", "-7", null),
      texts(rows, "2015-02-07T13:28:17.5+01:00", "2015", "2015-02", null),
      listed(rows, "2015", "2016-03", "2024-02-29"),
      texts(rows, suffix.equals("1") ? "1" : null)
    };
    return new ColumnarBatch(all, rows);
  }

  @Test
  void batchesOfColumnsArriveAsTheirTexts() throws Exception {
    List<TableShape.Column> columns = new ArrayList<>();
    List<ColumnType> types =
        List.of(
            ColumnType.INTEGER,
            ColumnType.TEXT,
            ColumnType.TEXT,
            ColumnType.TEXT,
            ColumnType.BOOLEAN,
            ColumnType.TEXT,
            ColumnType.NUMERIC,
            ColumnType.TIMESTAMPTZ,
            ColumnType.DATE,
            ColumnType.BIGINT);
    for (ColumnType type : types) {
      columns.add(
          new TableShape.Column("c" + columns.size(), type, columns.size() == 5, "", false));
    }
    String longest = "long".repeat(40_000);
    List<String> nulsIn = new ArrayList<>();
    try (Connection connection = LoadRun.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE "
              + table
              + columns.stream()
                  .map(column -> column.name() + " " + PostgresType.sql(column))
                  .collect(Collectors.joining(", ", " (", ")")));
      CopyIn copy =
          connection
              .unwrap(PGConnection.class)
              .getCopyAPI()
              .copyIn("COPY " + table + " FROM STDIN" + CopyBinary.OPTIONS);
      CopyBinary out = new CopyBinary(new CopyBuffer(copy), columns.size());
      CopyBatches batches = new CopyBatches(columns, out, found -> nulsIn.add(found.name()));
      batches.put(batch(12, "1", longest), row -> true);
      batches.put(batch(5000, "2", "b"), row -> true);
      out.end();
      assertThat(copy.endCopy()).isEqualTo(5012);
      // Of six rows one has two, of four rows one: 2 and 834, 3 and 1250
      assertThat(out.nulReplaced()).isEqualTo(2 * (2 + 833) + 3 + 1250);
      assertThat(nulsIn).containsOnly("c1", "c3").hasSize(2 + 833 + 3 + 1250);
      String rows =
          "SELECT concat_ws(' ', c0, length(c1), left(c1, 9), c2, c3, c4, c5, c6, c7 AT TIME ZONE"
              + " 'UTC', c8, c9) FROM "
              + table
              + " ORDER BY c9 NULLS LAST, c0 DESC";
      List<String> read = new ArrayList<>();
      try (ResultSet found = statement.executeQuery(rows)) {
        while (found.next()) {
          read.add(found.getString(1));
        }
      }
      assertThat(read.subList(0, 6))
          .containsExactly(
              "0 2 ä1 x1 t {ü1,NULL} 1.50 2015-02-07 12:28:17.5 2015-01-01 1",
              "-1 f {} -7 2015-01-01 00:00:00 2016-03-01 1",
              "-2 4 a\uFFFDb\uFFFD nul\uFFFD t 2015-02-01 00:00:00 2024-02-29 1",
              "-3 160000 longlongl z f {ü1,NULL} 1.50 2015-01-01 1",
              "-4 0  x1 t {} -7 2015-02-07 12:28:17.5 2016-03-01 1",
              "-5 8 12345678 f 2015-01-01 00:00:00 2024-02-29 1");
      assertThat(read.get(12))
          .isEqualTo("0 2 ä2 x2 t {ü2,NULL} 1.50 2015-02-07 12:28:17.5 2015-01-01");
      assertThat(read.get(15)).isEqualTo("-3 1 b z f {ü2,NULL} 1.50 2015-01-01");
    }
  }

  @Test
  void onlyTypesOfWhichTheBinaryFormatIsKnownAreTakenFromBatches() {
    TableShape.Column number = new TableShape.Column("n", ColumnType.BIGINT, false, "", false);
    assertThat(CopyColumn.takes(number, DataTypes.LongType)).isTrue();
    assertThat(CopyColumn.takes(number, DataTypes.IntegerType)).isFalse();
    TableShape.Column time = new TableShape.Column("t", ColumnType.TIMESTAMPTZ, false, "", false);
    assertThat(CopyColumn.takes(time, DataTypes.StringType)).isTrue();
    assertThat(CopyColumn.takes(time, DataTypes.TimestampType)).isFalse();
    TableShape.Column list = new TableShape.Column("l", ColumnType.INTEGER, true, "", false);
    assertThat(CopyColumn.takes(list, DataTypes.createArrayType(DataTypes.IntegerType))).isFalse();
    assertThat(CopyColumn.takes(list, DataTypes.createArrayType(DataTypes.StringType))).isTrue();
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
