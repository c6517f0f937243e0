package io.epicfhir.common.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.TestSpark;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.vectorized.ColumnarBatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetBatchesTest {
  private static final int ROWS = 3 * ParquetBatches.MOST + 5;

  @TempDir Path folder;

  @Test
  void theRowsComeInOrderWithTheWantedColumnsAndNullForThoseThatAreLacking() throws IOException {
    StructType wanted = new StructType().add("later", "string").add("id", "bigint");
    List<Long> ids = new ArrayList<>();
    try (ParquetBatches batches = open(file(), wanted)) {
      ColumnarBatch rows = batches.rows();
      while (batches.next()) {
        for (int i = 0; i < rows.numRows(); i++) {
          assertThat(rows.column(0).isNullAt(i)).isTrue();
          ids.add(rows.column(1).getLong(i));
        }
      }
    }
    assertThat(ids).hasSize(ROWS).isSorted().startsWith(0L).endsWith(ROWS - 1L);
  }

  @Test
  void aFileThatIsMissingIsUnreadable() {
    Path missing = folder.resolve("none.parquet");
    assertThatThrownBy(() -> open(missing, new StructType().add("id", "bigint")))
        .isInstanceOf(Unreadable.class)
        .hasCauseInstanceOf(FileNotFoundException.class);
  }

  @Test
  void bytesThatChangedAreUnreadableAndNoRows() throws IOException {
    Path file = file();
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 3] ^= 0x10; // in a page of the only column
    Files.write(file, bytes);
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
    assertThatThrownBy(
            () -> {
              try (ParquetBatches batches = open(file, new StructType().add("id", "bigint"))) {
                while (batches.next()) {}
              }
            })
        .isInstanceOf(Unreadable.class)
        .hasMessage(file.toString());
  }

  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unreadable(org.apache.hadoop.fs.Path file, Exception cause) {
      super(file.toString(), cause);
    }
  }

  private static ParquetBatches open(Path file, StructType wanted) {
    return new ParquetBatches(
        ParquetBatches.settings(new Configuration(), wanted),
        new org.apache.hadoop.fs.Path(file.toString()),
        Unreadable::new);
  }

  private Path file() throws IOException {
    SparkSession spark = TestSpark.session();
    Path table = folder.resolve("table");
    spark.range(0, ROWS, 1, 1).write().parquet(table.toString());
    try (Stream<Path> files = Files.list(table)) {
      return files
          .filter(f -> f.getFileName().toString().endsWith(".parquet"))
          .findFirst()
          .orElseThrow();
    }
  }
}
