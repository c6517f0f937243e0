package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.TestLake;
import io.epicfhir.transform.delta.FlatRows;
import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.delta.KeptTable;
import io.epicfhir.transform.delta.TableWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FewRowsTest {
  private static final StructType COLUMNS = StructType.fromDDL("k STRING, n INT, l ARRAY<STRING>");

  private static Row row(String key, Integer n, String... list) {
    return RowFactory.create(key, n, list);
  }

  private static List<InternalRow> internal(List<Row> rows) {
    return InternalRows.collected(TestLake.spark().createDataFrame(rows, COLUMNS));
  }

  /** Two lists that differ anywhere have other digests. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "STRING | a | b",
        "BOOLEAN | true | false",
        "INT | 1 | 2",
        "BIGINT | 9007199254740992 | 9007199254740993",
        "DOUBLE | 0.1 | 0.10000000000000002",
        "DECIMAL(20,4) | 1.0001 | 1.0002",
        "DATE | 2026-01-01 | 2026-01-02",
        "TIMESTAMP | 2026-01-01T10:00:00.123456Z | 2026-01-01T10:00:00.123999Z",
      })
  void aListsDigestTellsEachValueAndEachNull(String type, String one, String other) {
    String x = "CAST('" + one + "' AS " + type + ")";
    String y = "CAST('" + other + "' AS " + type + ")";
    List<String> lists =
        List.of(
            "array(%1$s, NULL)",
            "array(%2$s, NULL)",
            "array(NULL, %1$s)",
            "array(%1$s)",
            "array(%1$s, %2$s)",
            "array(%2$s, %1$s)",
            "array(CAST(NULL AS %3$s))",
            "CAST(array() AS ARRAY<%3$s>)",
            "CAST(NULL AS ARRAY<%3$s>)");
    String rows =
        lists.stream()
            .map(list -> "(" + list.formatted(x, y, type) + ")")
            .collect(Collectors.joining(", "));
    Dataset<Row> table = TestLake.spark().sql("SELECT * FROM VALUES " + rows + " AS t(l)");
    RowDigest digest = new RowDigest(table.schema());
    assertThat(table.select(digest.of(1)).select("_first", "_second").distinct().count())
        .isEqualTo(lists.size());
  }

  /** Old rows lie in one file, in this order. */
  private static FewRows.Change difference(List<Row> fresh, List<Row> stale) {
    Set<Object> keys = new HashSet<>();
    List<UnsafeRow> old = new ArrayList<>();
    FlatRows flat = new FlatRows(COLUMNS, COLUMNS);
    for (InternalRow row : internal(stale)) {
      old.add(flat.of(row));
      keys.add(key(row));
    }
    List<InternalRow> come = internal(fresh);
    come.forEach(row -> keys.add(key(row)));
    FewRows rows = new FewRows(COLUMNS, "k", keys);
    return rows.difference(
        rows.of(come),
        IntStream.range(0, old.size())
            .mapToObj(at -> new FewRows.Old(old.get(at), "file:/t/a.parquet", at))
            .toList());
  }

  private static Object key(InternalRow row) {
    return row.isNullAt(0) ? null : row.getUTF8String(0);
  }

  @Test
  void rowsInAnotherOrderAreTheSame() {
    FewRows.Change change =
        difference(
            List.of(row("a", 1, "x"), row("a", 2), row(null, 3, "y", null)),
            List.of(row(null, 3, "y", null), row("a", 2), row("a", 1, "x")));

    assertThat(change.keys()).isZero();
    assertThat(change.come()).isEmpty();
    assertThat(change.go().rows()).isZero();
  }

  @Test
  void allRowsOfAKeyThatDiffersAreReplacedAndNoOthers() {
    FewRows.Change change =
        difference(
            List.of(row("a", 1), row("a", 9), row("b", 1), row("new", 1)),
            List.of(row("b", 1), row("a", 1), row("gone", 1), row("a", 2)));

    assertThat(change.keys()).isEqualTo(3);
    assertThat(change.come())
        .extracting(row -> row.getUTF8String(0) + " " + row.getInt(1))
        .containsExactlyInAnyOrder("a 1", "a 9", "new 1");
    assertThat(change.go().rows()).isEqualTo(3);
    assertThat(change.go().files()).isEqualTo(1);
  }

  @Test
  void aRowMoreOfTheSameAndANullInAListAreDifferences() {
    assertThat(difference(List.of(row("a", 1), row("a", 1)), List.of(row("a", 1))))
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
    assertThat(difference(List.of(row("a", 1, "x", null)), List.of(row("a", 1, "x"))))
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
    assertThat(difference(List.of(row("a", null)), List.of(row("a", 0))))
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
  }

  /** 50,000 rows of a key are compared here, one more is not; other keys do not count. */
  @ParameterizedTest
  @CsvSource({"50000, true", "50001, false"})
  void tooManyRowsOfTheKeysAreNotTaken(int number, boolean taken, @TempDir Path folder) {
    TestLake lake = new TestLake(folder);
    var path = lake.lake().paths().view("many");
    List<Row> rows = new ArrayList<>(List.of(row("other", 1), row(null, 1)));
    IntStream.range(0, number).forEach(n -> rows.add(row("a", n)));
    KeptTable table = new KeptTable(lake.lake(), path);
    table.build(
        KeptTable.definition(COLUMNS, "", false),
        new TableWriter(lake.lake(), path, COLUMNS, Optional.empty(), Optional.empty())
            .write(TestLake.spark().createDataFrame(rows, COLUMNS).coalesce(1)),
        "epic-fhir test");

    var found =
        new FewRows(COLUMNS, "k", new HashSet<>(Set.of(UTF8String.fromString("a"))))
            .in(table.log().snapshot().orElseThrow().files(), lake.lake(), path);

    assertThat(found.map(List::size)).isEqualTo(taken ? Optional.of(number) : Optional.empty());
    assertThat(found.map(all -> all.get(0).position()))
        .isEqualTo(taken ? Optional.of(2) : Optional.empty());
  }
}
