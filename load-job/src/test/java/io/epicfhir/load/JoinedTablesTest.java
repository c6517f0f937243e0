package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ColumnMetadata;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Date;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Joined tables and lookups get tables as views do, beside the view {@code a}. */
class JoinedTablesTest {
  private static final DataType TEXTS = DataTypes.createArrayType(DataTypes.StringType);

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aView() {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(8, "view"));
  }

  private Path joined(String name) {
    return load.lake().resolve("joined").resolve(name);
  }

  private Path lookup(String name) {
    return load.lake().resolve("lookups").resolve(name);
  }

  /** A column of a computed value: it has a type and no FHIR type. */
  private static StructField computed(String name, DataType type) {
    return DataTypes.createStructField(name, type, true);
  }

  private static StructType lookupColumns() {
    return new StructType()
        .add("system", "string")
        .add("code", "string")
        .add("display", "string")
        .add("inactive", "boolean");
  }

  /** As after an upgrade that knows the type of a computed time. */
  @Test
  void aTextThatBecomesATimeHasItsTypeAndSorts() throws Exception {
    List<Row> rows =
        List.of(
            row("later", "2021-05-26T11:35:39-04:00", "e1"),
            row("earlier", "2021-05-26T15:30:00Z", "e2"),
            row("year", "2021", "e3"));
    StructField id = column("id", DataTypes.StringType, "id");
    StructField text = column("event_time", DataTypes.StringType, "dateTime");
    ViewTables.writeTable(joined("timeline"), schema(id, text), rows);
    assertThat(load.run()).isZero();
    StructField time =
        column("event_time", DataTypes.StringType, "dateTime", "TIMESTAMP WITH TIME ZONE");
    ViewTables.writeTable(joined("timeline"), schema(id, time), rows);
    assertThat(load.run()).isZero();
    assertThat(
            load.query(
                "SELECT data_type FROM information_schema.columns WHERE table_schema = '{}'"
                    + " AND table_name = 'timeline' AND column_name = 'event_time'"))
        .containsExactly("timestamp with time zone");
    assertThat(load.query("SELECT id FROM {}.timeline ORDER BY event_time"))
        .containsExactly("year", "earlier", "later");
  }

  @Test
  void theyHaveTypesCommentsKeysAndIndexes() throws Exception {
    StructField indexed =
        new StructField(
            "codes",
            TEXTS,
            true,
            new MetadataBuilder().putBoolean(ColumnMetadata.INDEX, true).build());
    StructType columns =
        schema(
            column("id", DataTypes.StringType, "id"),
            column("patient_id", DataTypes.StringType, "id"),
            column("dose", DataTypes.StringType, "decimal"),
            indexed,
            computed("started", DataTypes.TimestampType),
            computed("day", DataTypes.DateType),
            computed("share", DataTypes.createDecimalType(38, 10)),
            computed("orders", DataTypes.LongType),
            computed("ratio", DataTypes.DoubleType),
            computed("is_new", DataTypes.BooleanType));
    ViewTables.createTable(joined("drug_order"), columns, "Orders of drugs\nWho got metformin?");
    Timestamp started = Timestamp.from(Instant.parse("2026-01-02T03:04:05.678901Z"));
    ViewTables.writeTable(
        joined("drug_order"),
        columns,
        List.of(
            row(
                "o1",
                "p1",
                "1.50",
                List.of("x", "y"),
                started,
                Date.valueOf("2026-01-02"),
                new BigDecimal("0.1000000000"),
                5_000_000_000L,
                0.25,
                true,
                "o1"),
            row("o2", null, null, null, null, null, null, null, null, null, "o2")));
    ViewTables.writeTable(
        lookup("drug"),
        lookupColumns(),
        List.of(row("s", "x", "X", false), row("s", "z", null, null)));
    load.with("reader-role", "pg_monitor");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT * FROM {}.drug_order ORDER BY id"))
        .containsExactly(
            "o1|p1|1.50|{x,y}|2026-01-02 03:04:05.678901+00|2026-01-02|0.1000000000|5000000000|0.25|t|o1",
            "o2|null|null|null|null|null|null|null|null|null|o2");
    assertThat(load.query("SELECT * FROM {}.drug ORDER BY code"))
        .containsExactly("s|x|X|f", "s|z|null|null");
    assertThat(
            load.query(
                "SELECT data_type FROM information_schema.columns WHERE table_schema = '{}'"
                    + " AND table_name = 'drug_order' ORDER BY ordinal_position"))
        .containsExactly(
            "text",
            "text",
            "numeric",
            "ARRAY",
            "timestamp with time zone",
            "date",
            "numeric",
            "bigint",
            "double precision",
            "boolean",
            "text");
    assertThat(load.query("SELECT obj_description('{}.drug_order'::regclass)"))
        .containsExactly("Orders of drugs\nWho got metformin?");
    assertThat(
            load.query(
                "SELECT regexp_replace(indexdef, '.* USING ', '') FROM pg_indexes"
                    + " WHERE schemaname = '{}' AND tablename <> 'a' ORDER BY 1"))
        .containsExactly("btree (code)", "btree (id)", "btree (patient_id)", "gin (codes)");
    assertThat(
            load.query(
                "SELECT table_name FROM information_schema.role_table_grants WHERE grantee = 'pg_monitor'"
                    + " AND table_schema = '{}' ORDER BY 1"))
        .as("who may read all tables may read these")
        .containsExactly("a", "drug", "drug_order");
    assertThat(load.report().at("/result/joined/drug_order/rows").asLong()).isEqualTo(2);
    assertThat(load.report().at("/result/joined/drug_order/null_share/dose").asDouble())
        .isEqualTo(0.5);
    assertThat(load.report().at("/result/lookups/drug/rows").asLong()).isEqualTo(2);
    assertThat(load.report().at("/result/tables").size()).as("views only").isEqualTo(1);
  }

  @Test
  void oneThatIsKeptByResourceIsLoadedByItsChangesAndAnyOtherWhole() throws Exception {
    StructType plain = plain();
    StructType counts = new StructType().add("patient_id", "string").add("orders", "bigint");
    List<Row> many = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      many.add(row("p" + i, (long) i));
    }
    ViewTables.writeTable(joined("by_resource"), plain, plainRows(12, "old"));
    ViewTables.propertyOf(
        load.lake(), joined("by_resource"), "delta.enableDeletionVectors", "true");
    ViewTables.writeTable(joined("by_patient"), counts, many);
    assertThat(load.run()).isZero();

    ViewTables.changeTable(
        joined("by_resource"), plain, List.of("r1"), List.of(row("r1", "new", "r1")));
    many.set(1, row("p1", 100L));
    ViewTables.writeTable(joined("by_patient"), counts, many);
    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT text, count(*) FROM {}.by_resource GROUP BY 1 ORDER BY 1"))
        .containsExactly("new|1", "old|11");
    assertThat(load.report().at("/result/joined/by_resource/loaded").asText()).isEqualTo("changes");
    assertThat(load.query("SELECT orders FROM {}.by_patient WHERE patient_id = 'p1'"))
        .containsExactly("100");
    assertThat(load.report().at("/result/joined/by_patient/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/joined/by_resource/loaded").asText()).isEqualTo("none");
    assertThat(load.report().at("/result/joined/by_patient/loaded").asText()).isEqualTo("none");
  }

  @Test
  void oneThatHasAnIdNeedNotSayWhichResourceItsRowsAreOf() throws Exception {
    StructType columns = new StructType().add("id", "string").add("text", "string");
    ViewTables.writeTable(lookup("l"), columns, List.of(row("1", "x")));
    ViewTables.writeTable(joined("j"), columns, List.of(row("1", "x"), row("2", "y")));

    assertThat(load.run()).as(() -> load.error()).isZero();

    assertThat(load.query("SELECT (SELECT count(*) FROM {}.l), (SELECT count(*) FROM {}.j)"))
        .containsExactly("1|2");
  }

  @Test
  void whatSomebodyElseChangedIsLoadedAgain() throws Exception {
    ViewTables.writeTable(joined("order"), plain(), plainRows(3, "x"));
    ViewTables.writeTable(lookup("drug"), lookupColumns(), List.of(row("s", "x", "X", false)));
    assertThat(load.run()).isZero();
    load.execute("UPDATE {}.\"order\" SET text = 'wrong' WHERE id = 'r1'");
    load.execute("TRUNCATE {}.drug");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT count(*) FROM {}.\"order\" WHERE text = 'x'"))
        .containsExactly("3");
    assertThat(load.query("SELECT count(*) FROM {}.drug")).containsExactly("1");
    assertThat(load.report().at("/result/warnings").size()).isEqualTo(2);
  }

  @Test
  void oneThatFailsOrTakesTheNameOfAViewStopsOnlyItself() throws Exception {
    ViewTables.writeTable(joined("a"), plain(), plainRows(2, "joined"));
    ViewTables.writeTable(lookup("good"), lookupColumns(), List.of(row("s", "x", "X", false)));
    ViewTables.writeTable(joined("good"), plain(), plainRows(3, "joined"));
    ViewTables.writeTable(
        joined("nested"),
        new StructType().add("item", new StructType().add("x", "string")),
        List.of(row(row("1"))));
    ViewTables.writeTable(lookup("no table"), lookupColumns(), List.of(row("s", "x", "X", false)));

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.query("SELECT count(*) FROM {}.a WHERE text = 'view'")).containsExactly("8");
    assertThat(load.query("SELECT count(*) FROM {}.good WHERE text = 'joined'"))
        .containsExactly("3");
    assertThat(load.report().at("/result").has("refused_views")).isFalse();
    assertThat(load.report().at("/result/refused_joined").size()).isEqualTo(2);
    assertThat(load.report().at("/result/refused_joined/a").asText())
        .isEqualTo(
            "Cannot load joined table a: view a has the same name, so the table in the database belongs to that; rename one of the two");
    assertThat(load.report().at("/result/refused_joined/nested").asText())
        .startsWith("Cannot load joined table nested: column item has the type struct<")
        .endsWith("correct its file in conf/joined");
    assertThat(load.report().at("/result/refused_lookups/good").asText())
        .startsWith("Cannot load lookup good: joined table good has the same name");
    assertThat(load.report().at("/result/refused_lookups").has("no table")).isTrue();
    assertThat(load.error().lines()).hasSize(4);
  }

  /** Without a resource nobody can say whose value it is: the column and the value are listed. */
  @Test
  void aValueThatPostgresRefusesIsListedAlsoWhereNoRowNamesItsResource() throws Exception {
    StructType dates =
        new StructType(
            new StructField[] {
              column("label", DataTypes.StringType, "string"),
              column("day", DataTypes.StringType, "date", "DATE")
            });
    ViewTables.writeTable(
        lookup("holiday"), dates, List.of(row("x", "2024-02-30"), row("y", "2024-03-01")));

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.report().at("/result/refused_lookups/holiday").asText())
        .contains("1 value(s) of column day (date)");
    assertThat(
            load.query("SELECT view, column_name, resource_id, value FROM {}_state.refused_value"))
        .containsExactly("holiday|day|null|2024-02-30");
    assertThat(load.with("refused-values", "null").run()).isZero();
    assertThat(load.query("SELECT label, day FROM {}.holiday ORDER BY 1"))
        .containsExactly("x|null", "y|2024-03-01");
  }

  @Test
  void theyAreFilesToo() throws Exception {
    load.with("target", "parquet").with("export-folder", folder.resolve("export").toString());
    ViewTables.writeTable(joined("order"), plain(), plainRows(3, "x"));
    ViewTables.writeTable(lookup("drug"), lookupColumns(), List.of(row("s", "x", "X", false)));

    assertThat(load.run()).isZero();

    assertThat(folder.resolve("export/views.sql"))
        .content()
        .contains("VIEW \"a\"", "VIEW \"order\"", "VIEW \"drug\"");
    assertThat(load.report().at("/result/joined/order/rows").asLong()).isEqualTo(3);
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/lookups/drug/loaded").asText()).isEqualTo("none");
  }
}
