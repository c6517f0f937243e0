package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What arrives in PostgreSQL, value by value. */
class TypesTest {
  private static final DataType TEXT = DataTypes.StringType;
  private static final DataType TEXTS = DataTypes.createArrayType(DataTypes.StringType);

  @TempDir Path folder;

  private record Case(StructField column, Object value, String sqlType, String arrives) {}

  private static Case of(
      DataType type, String fhir, String ansi, Object value, String sqlType, String arrives) {
    return new Case(column("c", type, fhir, ansi), value, sqlType, arrives);
  }

  private static final String DIGITS = "1234567890123456789012345678901234567890.1234567890";

  private static final List<Case> CASES =
      List.of(
          of(DataTypes.BooleanType, "boolean", "", true, "boolean", "true"),
          of(DataTypes.IntegerType, "integer", "", -2147483648, "integer", "-2147483648"),
          of(DataTypes.LongType, "integer64", "", Long.MAX_VALUE, "bigint", "9223372036854775807"),
          of(TEXT, "decimal", "", "1.50", "numeric", "1.50"),
          of(TEXT, "decimal", "", DIGITS, "numeric", DIGITS),
          of(TEXT, "decimal", "DECIMAL(4,1)", "3.14159", "numeric", "3.14159"),
          of(TEXT, "decimal", "", "-1E-7", "numeric", "-0.0000001"),
          of(TEXT, "string", "", "", "text", ""),
          of(TEXT, "string", "", null, "text", "null"),
          of(TEXT, "string", "", "\\N", "text", "\\N"),
          of(TEXT, "string", "", "\\.\n\\.\r\n\t'\"\\", "text", "\\.\n\\.\r\n\t'\"\\"),
          of(
              TEXT,
              "string",
              "",
              "Zoë 患者 \uD83D\uDE91 \u2028",
              "text",
              "Zoë 患者 \uD83D\uDE91 \u2028"),
          of(TEXT, "string", "", "a\0b\0", "text", "a\uFFFDb\uFFFD"),
          of(TEXT, "string", "VARCHAR(3)", "longer", "text", "longer"),
          of(TEXT, "date", "", "2015", "text", "2015"),
          of(TEXT, "dateTime", "", "2015-03", "text", "2015-03"),
          of(TEXT, "time", "", "07:30:00", "text", "07:30:00"),
          of(TEXT, "time", "TIME", "07:30:00", "time without time zone", "07:30:00"),
          of(TEXT, "date", "DATE", "2015", "date", "2015-01-01"),
          of(TEXT, "date", "date", "2015-03", "date", "2015-03-01"),
          of(TEXT, "date", "DATE", "0001-01-01", "date", "0001-01-01"),
          // The calendar day as it was written, not the day that it was in Greenwich.
          of(TEXT, "dateTime", "DATE", "2015-03-01T00:30:00+02:00", "date", "2015-03-01"),
          instant("TIMESTAMP WITH TIME ZONE", "2015", "2015-01-01 00:00:00+00"),
          instant("TIMESTAMP", "2015-03", "2015-03-01 00:00:00+00"),
          instant("TIMESTAMP(3) WITH TIME ZONE", "2015-03-01", "2015-03-01 00:00:00+00"),
          instant("TIMESTAMP", "2015-03-01T10:00:00.123456+02:00", "2015-03-01 08:00:00.123456+00"),
          instant("", "2015-02-28T23:59:60Z", "2015-03-01 00:00:00+00"),
          of(
              TEXTS,
              "string",
              "",
              Arrays.asList("a,b", null, "", "NULL", "q\"\\{}\n\t", "x\0"),
              "text[]",
              "{\"a,b\",NULL,\"\",\"NULL\",\"q\\\"\\\\{}\n\t\",x\uFFFD}"),
          of(TEXTS, "string", "", List.of(), "text[]", "{}"),
          of(TEXTS, "string", "", null, "text[]", "null"),
          of(TEXTS, "decimal", "", List.of("1.50", "2"), "numeric[]", "{1.50,2}"),
          of(
              TEXTS,
              "dateTime",
              "DATE",
              Arrays.asList("2015", null, "2015-03"),
              "date[]",
              "{2015-01-01,NULL,2015-03-01}"),
          of(
              DataTypes.createArrayType(DataTypes.IntegerType),
              "integer",
              "",
              List.of(1, 2),
              "integer[]",
              "{1,2}"));

  private static Case instant(String ansi, String value, String arrives) {
    return of(TEXT, "instant", ansi, value, "timestamp with time zone", arrives);
  }

  @Test
  void everyTypeKeepsWhatTheViewHas() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "every", wide(), List.of(values()));

    assertThat(load.run()).isZero();

    for (int i = 0; i < CASES.size(); i++) {
      Case one = CASES.get(i);
      assertThat(load.query("SELECT c%1$d::text, pg_typeof(c%1$d) FROM {}.every".formatted(i)))
          .as("%s %s", one.column(), one.value())
          .containsExactly(one.arrives() + "|" + one.sqlType());
    }
    assertThat(load.report().at("/counters/load.nul-replaced").asLong()).isEqualTo(3);
  }

  /** None is the same as its resource's, which is a text. */
  @Test
  void anIdMayBeOfAnyType() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(
        load.lake(),
        "numbers",
        ViewTables.schema(column("id", DataTypes.IntegerType, "integer")),
        List.of(ViewTables.row(1, "1"), ViewTables.row(2, "2")));
    ViewTables.write(
        load.lake(),
        "days",
        ViewTables.schema(column("id", TEXT, "date", "DATE")),
        List.of(ViewTables.row("2024-01-01", "1")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT id + 1, _resource_id FROM {}.numbers ORDER BY 1"))
        .containsExactly("2|1", "3|2");
    assertThat(load.query("SELECT id FROM {}.days")).containsExactly("2024-01-01");
  }

  @Test
  void nulIsRefusedWhereThePolicySaysSo() throws Exception {
    LoadRun load = new LoadRun(folder).with("nul-policy", "refuse");
    ViewTables.write(
        load.lake(), "a", schema(column("note", TEXT, "string")), List.of(row("x\0", "r")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .contains("Cannot load table a: a value of column note contains U+0000");
    assertThat(load.query("SELECT to_regclass('{}.a')")).containsExactly("null");
  }

  private static StructType wide() {
    return schema(
        IntStream.range(0, CASES.size())
            .mapToObj(i -> renamed(CASES.get(i).column(), "c" + i))
            .toArray(StructField[]::new));
  }

  private static StructField renamed(StructField field, String name) {
    return new StructField(name, field.dataType(), true, field.metadata());
  }

  private static Row values() {
    List<Object> values = new ArrayList<>();
    CASES.forEach(one -> values.add(one.value()));
    values.add("r");
    return row(values.toArray());
  }
}
