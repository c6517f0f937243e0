package io.epicfhir.transform.joined;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.TestLake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;

class FewRowsTest {
  private static final StructType COLUMNS = StructType.fromDDL("k STRING, n INT, l ARRAY<STRING>");
  private static final StructType POSITIONED =
      COLUMNS.add("file_path", "string").add("row_index", "long");

  private static Row row(String key, Integer n, String... list) {
    return RowFactory.create(key, n, list);
  }

  /** Old rows lie in one file, in this order. */
  private static Optional<FewRows.Change> difference(List<Row> fresh, List<Row> stale) {
    List<Row> old = new ArrayList<>();
    for (Row row : stale) {
      Object[] values = Arrays.copyOf(values(row), 5);
      values[3] = "file:/t/a.parquet";
      values[4] = (long) old.size();
      old.add(RowFactory.create(values));
    }
    Dataset<Row> come = TestLake.spark().createDataFrame(fresh, COLUMNS);
    Dataset<Row> go = TestLake.spark().createDataFrame(old, POSITIONED);
    return new FewRows(COLUMNS, "k").difference(come, go);
  }

  private static Object[] values(Row row) {
    return IntStream.range(0, row.length()).mapToObj(row::get).toArray();
  }

  @Test
  void rowsInAnotherOrderAreTheSame() {
    FewRows.Change change =
        difference(
                List.of(row("a", 1, "x"), row("a", 2), row(null, 3, "y", null)),
                List.of(row(null, 3, "y", null), row("a", 2), row("a", 1, "x")))
            .orElseThrow();

    assertThat(change.keys()).isZero();
    assertThat(change.come()).isEmpty();
    assertThat(change.go().rows()).isZero();
  }

  @Test
  void allRowsOfAKeyThatDiffersAreReplacedAndNoOthers() {
    FewRows.Change change =
        difference(
                List.of(row("a", 1), row("a", 9), row("b", 1), row("new", 1)),
                List.of(row("b", 1), row("a", 1), row("gone", 1), row("a", 2)))
            .orElseThrow();

    assertThat(change.keys()).isEqualTo(3);
    assertThat(change.come())
        .extracting(row -> row.getUTF8String(0) + " " + row.getInt(1))
        .containsExactlyInAnyOrder("a 1", "a 9", "new 1");
    assertThat(change.go().rows()).isEqualTo(3);
    assertThat(change.go().files()).isEqualTo(1);
  }

  @Test
  void aRowMoreOfTheSameAndANullInAListAreDifferences() {
    assertThat(difference(List.of(row("a", 1), row("a", 1)), List.of(row("a", 1))).orElseThrow())
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
    assertThat(difference(List.of(row("a", 1, "x", null)), List.of(row("a", 1, "x"))).orElseThrow())
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
    assertThat(difference(List.of(row("a", null)), List.of(row("a", 0))).orElseThrow())
        .extracting(FewRows.Change::keys)
        .isEqualTo(1L);
  }

  @Test
  void manyRowsAreLeftToSpark() {
    List<Row> many = IntStream.rangeClosed(0, 50_000).mapToObj(n -> row("a", n)).toList();

    assertThat(difference(many, List.of(row("a", 1)))).isEmpty();
    assertThat(difference(List.of(row("a", 1)), many)).isEmpty();
    assertThat(difference(many.subList(1, many.size()), List.of())).isPresent();
  }
}
