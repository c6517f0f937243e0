package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.TestSpark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.HadoopReadOptions;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.Encoding;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.column.statistics.Statistics;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.metadata.ColumnChunkMetaData;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.hadoop.metadata.FileMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.GenericArrayData;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ViewParquetTest {
  private static final Metadata DESCRIBED =
      new MetadataBuilder().putString("description", "\u20ac \"what\" it is").build();
  private static final StructType SCHEMA =
      new StructType()
          .add("id", DataTypes.StringType, true, DESCRIBED)
          .add("flag", DataTypes.BooleanType)
          .add("number", DataTypes.IntegerType)
          .add("large", DataTypes.LongType)
          .add("texts", DataTypes.createArrayType(DataTypes.StringType))
          .add("flags", DataTypes.createArrayType(DataTypes.BooleanType))
          .add("numbers", DataTypes.createArrayType(DataTypes.IntegerType))
          .add("larges", DataTypes.createArrayType(DataTypes.LongType))
          .add("_resource_id", DataTypes.StringType);
  private static final ViewFile FILE = new ViewFile("v", SCHEMA, List.of("id", "_resource_id"));
  private static final int ROWS = 20_000;

  @TempDir private java.nio.file.Path folder;
  private final Configuration hadoop = new Configuration();
  private Path file;

  @BeforeEach
  void begin() {
    file = new Path(folder.resolve("ours.parquet").toUri());
  }

  /** A text inside other bytes, as the parser gives it. */
  private static UTF8String slice(String text) {
    byte[] bytes = ("\"" + text + "\",").getBytes(StandardCharsets.UTF_8);
    return UTF8String.fromBytes(bytes, 1, bytes.length - 3);
  }

  private static GenericArrayData list(Object... items) {
    return new GenericArrayData(items);
  }

  private static InternalRow row(int i) {
    if (i % 7 == 0) {
      return new GenericInternalRow(
          new Object[] {null, null, null, null, list(), list(), null, list(), slice("r" + i)});
    }
    return new GenericInternalRow(
        new Object[] {
          slice("\u00e4" + i),
          i % 2 == 0,
          i % 100,
          i * 10_000_000_000L,
          list(slice("a"), slice("\uD83D\uDE00" + i % 5)),
          list(true, i % 3 == 0),
          list(i),
          list((long) i, 2L, 3L),
          slice("r" + i)
        });
  }

  private ViewParquet.Written write(int rows) throws IOException {
    try (ViewParquet parquet = new ViewParquet(hadoop, file, FILE)) {
      for (int i = 0; i < rows; i++) {
        parquet.write(row(i));
      }
      return parquet.finish();
    }
  }

  @Test
  void sparkReadsTheRowsBack() throws IOException {
    ViewParquet.Written written = write(ROWS);
    assertThat(written.rows()).isEqualTo(ROWS);
    assertThat(written.bytes()).isEqualTo(Files.size(folder.resolve("ours.parquet")));
    List<Row> rows = TestSpark.session().read().parquet(file.toString()).collectAsList();
    assertThat(rows).hasSize(ROWS);
    assertThat(rows.get(7))
        .hasToString("[null,null,null,null,ArraySeq(),ArraySeq(),null,ArraySeq(),r7]");
    assertThat(rows.get(8))
        .hasToString(
            "[\u00e48,true,8,80000000000,ArraySeq(a, \uD83D\uDE003),ArraySeq(true, false),"
                + "ArraySeq(8),ArraySeq(8, 2, 3),r8]");
    assertThat(rows.get(ROWS - 1).getString(8)).isEqualTo("r" + (ROWS - 1));
  }

  @Test
  void textsThatHardlyRepeatAndManyRowGroupsComeThrough() throws IOException {
    StructType schema = new StructType().add("text", DataTypes.StringType);
    ViewFile texts = new ViewFile("v", schema, List.of());
    int count = 400_000;
    try (ViewParquet parquet = new ViewParquet(hadoop, file, texts)) {
      for (int i = 0; i < count; i++) {
        parquet.write(new GenericInternalRow(new Object[] {slice(text(i))}));
      }
      parquet.finish();
    }
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(file, hadoop))) {
      assertThat(reader.getRowGroups()).hasSizeGreaterThan(1);
    }
    List<Row> rows =
        TestSpark.session().read().schema(schema).parquet(file.toString()).collectAsList();
    assertThat(rows).hasSize(count);
    for (int i = 0; i < count; i++) {
      assertThat(rows.get(i).getString(0)).isEqualTo(text(i));
    }
  }

  /** Few at first, then ever new ones: the dictionary is given up on the way. */
  private static String text(int i) {
    if (i < 50_000) {
      return "w" + i % 300;
    }
    StringBuilder noise = new StringBuilder();
    for (int part = 1; part <= 5; part++) {
      noise.append(Long.toHexString((i + 7L * part) * part * 0x9E3779B97F4A7C15L));
    }
    return noise.toString();
  }

  @Test
  void theFileIsAsSparkWritesIt() throws IOException {
    write(ROWS);
    TestSpark.session()
        .read()
        .parquet(file.toString())
        .coalesce(1)
        .write()
        .option("parquet.column.statistics.enabled", "false")
        .parquet(folder.resolve("spark").toString());
    java.nio.file.Path theirs;
    try (var files = Files.newDirectoryStream(folder.resolve("spark"), "*.parquet")) {
      theirs = files.iterator().next();
    }
    FileMetaData ours = footer(file);
    FileMetaData expected = footer(new Path(theirs.toUri()));
    assertThat(ours.getSchema()).isEqualTo(expected.getSchema());
    assertThat(ours.getKeyValueMetaData()).isEqualTo(expected.getKeyValueMetaData());
    assertThat(ours.getKeyValueMetaData().get("org.apache.spark.sql.parquet.row.metadata"))
        .isEqualTo(SCHEMA.json());
  }

  private FileMetaData footer(Path path) throws IOException {
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(path, hadoop))) {
      return reader.getFooter().getFileMetaData();
    }
  }

  @Test
  void theFooterHasNoValuesAndTheColumnsThatVaryNoDictionary() throws IOException {
    write(ROWS);
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(file, hadoop))) {
      for (BlockMetaData block : reader.getFooter().getBlocks()) {
        for (ColumnChunkMetaData column : block.getColumns()) {
          Statistics<?> statistics = column.getStatistics();
          assertThat(statistics == null || statistics.isEmpty()).isTrue();
          assertThat(reader.readColumnIndex(column)).isNull();
          assertThat(column.getCodec()).isEqualTo(CompressionCodecName.ZSTD);
          boolean varied = FILE.varied().contains(column.getPath().toDotString());
          assertThat(varied && column.getEncodings().contains(Encoding.RLE_DICTIONARY)).isFalse();
        }
      }
    }
  }

  @Test
  void pagesHaveChecksums() throws IOException {
    write(ROWS);
    java.nio.file.Path path = folder.resolve("ours.parquet");
    byte[] bytes = Files.readAllBytes(path);
    bytes[2_000] ^= 1;
    Files.write(folder.resolve("damaged.parquet"), bytes);
    Path damaged = new Path(folder.resolve("damaged.parquet").toUri());
    ParquetReadOptions checking =
        HadoopReadOptions.builder(hadoop).usePageChecksumVerification(true).build();
    try (ParquetFileReader reader =
        ParquetFileReader.open(HadoopInputFile.fromPath(damaged, hadoop), checking)) {
      assertThatThrownBy(
              () -> {
                PageReadStore pages = reader.readNextRowGroup();
                pages
                    .getPageReader(reader.getFileMetaData().getSchema().getColumns().get(0))
                    .readPage();
              })
          .hasMessageContaining("CRC");
    }
  }

  @Test
  void aFileThatIsNotFinishedIsTakenAway() throws IOException {
    try (ViewParquet parquet = new ViewParquet(hadoop, file, FILE)) {
      parquet.write(row(1));
    }
    assertThat(folder.resolve("ours.parquet")).doesNotExist();
  }

  @Test
  void aFileWithoutRowsHasTheSchema() throws IOException {
    assertThat(write(0).rows()).isZero();
    assertThat(TestSpark.session().read().parquet(file.toString()).schema()).isEqualTo(SCHEMA);
  }
}
