package io.epicfhir.transform.lookups;

import io.epicfhir.common.lake.Lake;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * A large vocabulary: tab-separated text with a header and without quotation marks, as OMOP's
 * Athena gives it. It is passed over once by this process, which takes its hash and counts columns
 * and lines, and read by Spark only where it has changed.
 *
 * @param status the file
 */
record LargeLookup(Lake lake, FileStatus status) implements LookupSource {

  @Override
  public String name() {
    return file().replaceFirst("(?i)\\.(csv|tsv)$", "").toLowerCase(Locale.ROOT);
  }

  @Override
  public String file() {
    return path().getName();
  }

  @Override
  public String stamp() {
    // The same file becomes other rows where the way of reading it is another one.
    return ENGINE + status.getLen() + " " + status.getModificationTime();
  }

  private Path path() {
    return status.getPath();
  }

  @Override
  public Read read(Optional<LookupState> before) {
    Pass pass = new Pass(file());
    try (InputStream in = path().getFileSystem(lake.hadoop()).open(path())) {
      byte[] buffer = new byte[1 << 20];
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        pass.take(buffer, length);
      }
    } catch (IOException e) {
      throw new LookupRefused(file(), 0, UNREADABLE);
    }
    String hash = pass.end();
    if (before.filter(state -> state.hash().equals(hash)).isPresent()) {
      return new Read(hash, Optional.empty());
    }
    StructType columns = columns(pass.header.toString());
    return new Read(
        hash,
        Optional.of(
            new Table(
                "", "", columns, pass.line - 1, status.getLen(), spark -> rows(spark, columns))));
  }

  private StructType columns(String header) {
    try {
      return LookupColumns.of(List.of(header.replace("\r", "").split("\t", -1)));
    } catch (IllegalArgumentException e) {
      throw new LookupRefused(file(), 1, e.getMessage());
    }
  }

  private Dataset<Row> rows(SparkSession spark, StructType columns) {
    return new LookupKey(columns, file())
        .checked(
            spark
                .read()
                .schema(columns)
                .option("sep", "\t")
                .option("header", true)
                .option("quote", "")
                .option("escape", "\u0000")
                .option("mode", "FAILFAST")
                .csv(path().toString()));
  }

  /** One pass over the bytes. */
  private static final class Pass {
    private final String file;
    private final MessageDigest digest;
    private final StringBuilder header = new StringBuilder();
    private long line;
    private int width;
    private int tabs;
    private boolean open;

    Pass(String file) {
      this.file = file;
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Cannot hash a file: every JDK has SHA-256", e);
      }
      digest.update((ENGINE + file).getBytes(StandardCharsets.UTF_8));
    }

    void take(byte[] buffer, int length) {
      digest.update(buffer, 0, length);
      for (int i = 0; i < length; i++) {
        byte b = buffer[i];
        open = b != '\n';
        if (b == '\n') {
          lineEnds();
        } else if (b == '\t') {
          tabs++;
        }
        if (line == 0 && b != '\n') {
          header.append((char) b);
        }
      }
    }

    private void lineEnds() {
      line++;
      if (line == 1) {
        width = tabs;
      } else if (tabs != width) {
        throw new LookupRefused(
            file,
            (int) line,
            "the line has " + (tabs + 1) + " values, and the header has " + (width + 1));
      }
      tabs = 0;
    }

    String end() {
      if (line == 0) {
        throw new LookupRefused(file, 1, "the file is empty; its first line must name the columns");
      }
      if (open) {
        throw new LookupRefused(
            file,
            (int) line + 1,
            "the last line has no line break, so the file may be truncated; download it again");
      }
      return HexFormat.of().formatHex(digest.digest());
    }
  }
}
