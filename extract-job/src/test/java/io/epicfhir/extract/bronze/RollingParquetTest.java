package io.epicfhir.extract.bronze;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.RowGroups;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.api.Binary;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RollingParquetTest {
  private static final int ROWS = 600;
  private static final int ROW_BYTES = 50_000;

  @TempDir Path folder;

  @Test
  void aFileIsReadByAsManyTasksAsItHasRowGroups() throws Exception {
    Configuration hadoop = new Configuration();
    Random random = new Random(1);
    List<RollingParquet.Written> written;
    try (RollingParquet<BronzeLine> rows =
        new RollingParquet<>(
            hadoop,
            number -> new org.apache.hadoop.fs.Path(folder.toString(), number + ".parquet"),
            () -> new BronzeRows("export"),
            "resource",
            Long.MAX_VALUE)) {
      for (int row = 0; row < ROWS; row++) {
        byte[] noise = new byte[ROW_BYTES];
        random.nextBytes(noise);
        rows.write(line(row, noise));
      }
      written = rows.written();
    }
    assertThat(written).hasSize(1);
    try (ParquetFileReader file =
        ParquetFileReader.open(HadoopInputFile.fromPath(written.get(0).path(), hadoop))) {
      assertThat(file.getRecordCount()).isEqualTo(ROWS);
      assertThat(file.getFooter().getBlocks())
          .hasSizeGreaterThanOrEqualTo((int) ((long) ROWS * ROW_BYTES / RowGroups.BYTES))
          .extracting(BlockMetaData::getCompressedSize)
          .allMatch(bytes -> bytes < 2 * RowGroups.BYTES);
    }
  }

  private static BronzeLine line(int row, byte[] bytes) {
    LineHead head = new LineHead(null, "id-" + row, "1", null, false, null);
    return new BronzeLine(head, Binary.fromConstantByteArray(bytes), "file", row);
  }
}
