package io.epicfhir.transform.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.delta.NewFile;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.roaringbitmap.RoaringBitmap;

/**
 * Every row tells its own number, so that what must come for a position is known without a file.
 */
final class SelectedRowsTest {
  private static final StructType COLUMNS =
      StructType.fromDDL(
          "s string, few string, none string, i int, l bigint, d double, t timestamp, day date,"
              + " b boolean, texts array<string>, numbers array<int>");

  @TempDir private java.nio.file.Path folder;

  private static UTF8String text(String text) {
    return UTF8String.fromString(text);
  }

  /** The values of a row: every third is null, and lists have up to three items. */
  private static Object[] values(int n) {
    boolean blank = n % 3 == 0;
    Object[] texts =
        IntStream.range(0, n % 4).mapToObj(i -> i == 1 ? null : text(n + "." + i)).toArray();
    Object[] numbers = IntStream.range(0, n % 4).mapToObj(i -> n + i).toArray();
    return new Object[] {
      text("row " + n + " " + "x".repeat(n % 50)),
      blank ? null : text("one of " + n % 5),
      null,
      blank ? null : n,
      (long) n << 33,
      n / 4.0,
      blank ? null : n * 1_000_000L,
      n,
      n % 7 == 0 ? null : n % 2 == 0,
      n % 5 == 0 ? null : new GenericArrayData(texts),
      blank ? null : new GenericArrayData(numbers)
    };
  }

  private Path written(Configuration hadoop, StructType columns, int rows) {
    List<InternalRow> all = new ArrayList<>();
    IntStream.range(0, rows).forEach(n -> all.add(new GenericInternalRow(values(n))));
    Path table = new Path(folder.toUri());
    List<NewFile> files =
        new DataFileWriter(table, columns, Optional.empty(), Optional.empty())
            .write(hadoop, all.iterator());
    return new Path(table, files.get(0).path());
  }

  private static Map<Integer, InternalRow> read(Path file, StructType columns, RoaringBitmap only) {
    FlatRows flat = new FlatRows(columns, columns);
    Map<Integer, InternalRow> rows = new TreeMap<>();
    new FileRows(new Configuration(), columns)
        .readOnly(file, only, (row, position) -> rows.put(position, flat.of(row)));
    return rows;
  }

  private static Map<Integer, InternalRow> expected(StructType columns, RoaringBitmap only) {
    FlatRows flat = new FlatRows(COLUMNS, columns);
    Map<Integer, InternalRow> rows = new TreeMap<>();
    only.forEach((int n) -> rows.put(n, flat.of(new GenericInternalRow(values(n)))));
    return rows;
  }

  /** Row groups of a few thousand rows, and pages of 100. */
  @ParameterizedTest
  @CsvSource({"v1, 20000", "v2, 20000", "v1, 99", "v2, 1"})
  void theRowsOfThePositionsComeAndNoOthers(String version, int rows) {
    Configuration hadoop = new Configuration();
    hadoop.set("parquet.writer.version", version);
    hadoop.setInt("parquet.page.row.count.limit", 100);
    Path file = written(hadoop, COLUMNS, rows);
    Random random = new Random(rows);
    RoaringBitmap all = RoaringBitmap.bitmapOfRange(0, rows);
    List<RoaringBitmap> some =
        List.of(
            all,
            RoaringBitmap.bitmapOf(0),
            RoaringBitmap.bitmapOf(rows - 1),
            RoaringBitmap.bitmapOfRange(rows / 3, rows / 2 + 1),
            RoaringBitmap.bitmapOf(random.ints(rows / 100 + 1, 0, rows).toArray()),
            RoaringBitmap.bitmapOf(random.ints(rows / 2 + 1, 0, rows).toArray()));
    for (RoaringBitmap only : some) {
      assertThat(read(file, COLUMNS, only)).isEqualTo(expected(COLUMNS, only));
    }
    assertThat(read(file, COLUMNS, new RoaringBitmap())).isEmpty();
  }

  @Test
  void severalRowGroupsAreCountedThrough() {
    StructType columns = StructType.fromDDL("i int, noise string");
    Random random = new Random(1);
    List<InternalRow> rows = new ArrayList<>();
    byte[] noise = new byte[4096];
    for (int n = 0; n < 6000; n++) {
      random.nextBytes(noise);
      rows.add(new GenericInternalRow(new Object[] {n, UTF8String.fromBytes(noise.clone())}));
    }
    Path table = new Path(folder.toUri());
    NewFile file =
        new DataFileWriter(table, columns, Optional.empty(), Optional.empty())
            .write(new Configuration(), rows.iterator())
            .get(0);
    assertThat(file.bytes()).as("more than two row groups").isGreaterThan(20L << 20);
    RoaringBitmap only = RoaringBitmap.bitmapOf(3, 2999, 3000, 5999);
    List<String> found = new ArrayList<>();
    new FileRows(new Configuration(), columns)
        .readOnly(
            new Path(table, file.path()),
            only,
            (row, position) -> {
              assertThat(row.getUTF8String(1)).isEqualTo(rows.get(position).getUTF8String(1));
              found.add(position + "=" + row.getInt(0));
            });
    assertThat(found).containsExactly("3=3", "2999=2999", "3000=3000", "5999=5999");
  }

  @Test
  void aColumnThatTheFileLacksIsNullAndOneOfAnotherOrderIsItself() {
    Path file = written(new Configuration(), COLUMNS, 50);
    StructType asked = StructType.fromDDL("l bigint, new string, s string");
    Map<Integer, InternalRow> rows = read(file, asked, RoaringBitmap.bitmapOf(7));
    assertThat(rows.get(7).getLong(0)).isEqualTo(7L << 33);
    assertThat(rows.get(7).isNullAt(1)).isTrue();
    assertThat(rows.get(7).getUTF8String(2)).isEqualTo(values(7)[0]);
  }

  /** Decimals have four physical forms; Spark's reader knows them. */
  @Test
  void typesThatItDoesNotReadAreReadBySpark() {
    StructType columns = StructType.fromDDL("n decimal(20, 2)");
    List<InternalRow> rows =
        List.of(
            new GenericInternalRow(new Object[] {Decimal.apply("1.25")}),
            new GenericInternalRow(new Object[] {Decimal.apply("2.50")}));
    Path table = new Path(folder.toUri());
    String name =
        new DataFileWriter(table, columns, Optional.empty(), Optional.empty())
            .write(new Configuration(), rows.iterator())
            .get(0)
            .path();
    Map<Integer, InternalRow> read =
        read(new Path(table, name), columns, RoaringBitmap.bitmapOf(1));
    assertThat(read.keySet()).containsExactly(1);
    assertThat(read.get(1).getDecimal(0, 20, 2)).isEqualTo(Decimal.apply("2.50"));
  }

  @Test
  void aDamagedPageIsNamedByItsFile() throws IOException {
    Path file = written(new Configuration(), COLUMNS, 2000);
    java.nio.file.Path local = java.nio.file.Path.of(file.toUri());
    Files.deleteIfExists(local.resolveSibling("." + local.getFileName() + ".crc"));
    try (RandomAccessFile bytes = new RandomAccessFile(local.toFile(), "rw")) {
      bytes.seek(200);
      bytes.write(new byte[64]);
    }
    assertThatThrownBy(() -> read(file, COLUMNS, RoaringBitmap.bitmapOf(5)))
        .isInstanceOfSatisfying(
            FileRows.Unreadable.class, e -> assertThat(e.file()).isEqualTo(file));
  }
}
