package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A flipped bit in a view's file is never loaded as if it were data. */
class DamagedFilesTest {
  /** Spark alone writes a decimal's text, so that the table is read by its tasks. */
  private static final StructType BY_SPARK =
      schema(
          column("id", DataTypes.StringType, "id"),
          column("text", DataTypes.StringType, "string"),
          column("share", DataTypes.createDecimalType(38, 10), "decimal"));

  private static final byte[] WORD = "unmistakable".getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void aTableBesideIt() {
    load = new LoadRun(folder);
    ViewTables.write(load.lake(), "b", plain(), List.of(row("r", "x", "r")));
  }

  private void write(boolean bySpark) {
    String text = new String(WORD, StandardCharsets.UTF_8);
    List<Row> rows =
        List.of(
            bySpark ? row("r", text, new BigDecimal("0.1000000000"), "r") : row("r", text, "r"));
    ViewTables.write(load.lake(), "a", bySpark ? BY_SPARK : plain(), rows);
  }

  /** The file of the row, with another letter in it. */
  private Path damaged() throws IOException {
    try (var files = Files.list(load.lake().resolve("views/a"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("unmistakable");
        if (at >= 0) {
          bytes[at + 3] ^= 1;
          Files.write(file, bytes);
          return file;
        }
      }
    }
    throw new AssertionError("no file has the word");
  }

  private static void withoutChecksum(Path file) throws IOException {
    Files.delete(file.resolveSibling("." + file.getFileName() + ".crc"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isNoticedByTheChecksumOfItsPage(boolean bySpark) throws Exception {
    write(bySpark);
    Path file = damaged();
    withoutChecksum(file);

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error())
        .contains("Cannot read a file of ", "views/a/" + file.getFileName() + " is damaged")
        .contains("restore it from a backup, or delete the table and rerun from transform");
    assertThat(load.query("SELECT count(*) FROM {}.b")).containsExactly("1");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void isNoticedByTheChecksumBesideTheFile(boolean bySpark) throws Exception {
    write(bySpark);
    Path file = damaged();

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("views/a/" + file.getFileName() + " is damaged");
  }

  @Test
  void aFileThatWasCutOffIsDamagedToo() throws Exception {
    write(false);
    Path file = damaged();
    withoutChecksum(file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1; // the last letter of PAR1
    Files.write(file, bytes);

    assertThat(load.run()).isEqualTo(5);

    assertThat(load.error()).contains("views/a/" + file.getFileName() + " is damaged");
  }
}
