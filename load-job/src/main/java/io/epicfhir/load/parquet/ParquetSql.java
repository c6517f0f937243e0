package io.epicfhir.load.parquet;

import io.epicfhir.common.lake.Lake;
import io.epicfhir.load.sql.Identifiers;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.Path;

/** The statements by which DuckDB finds exported tables under their names. */
final class ParquetSql {
  private ParquetSql() {}

  /**
   * Writes them, where they are others than before.
   *
   * @param files the folder of each view's files
   */
  static void write(Lake lake, Path file, Map<String, Path> files) {
    String text =
        files.entrySet().stream()
            .map(one -> statement(one.getKey(), one.getValue()) + "\n")
            .collect(Collectors.joining());
    if (!files.isEmpty() && !lake.read(file).equals(Optional.of(text))) {
      lake.write(file, text);
    }
  }

  private static String statement(String view, Path files) {
    return "CREATE OR REPLACE VIEW %s AS SELECT * FROM read_parquet(%s);"
        .formatted(Identifiers.quoted(view), Identifiers.literal(plain(files) + "/*.parquet"));
  }

  /** Without the scheme of local disks, which DuckDB does not know. */
  private static String plain(Path path) {
    String scheme = path.toUri().getScheme();
    return scheme == null || scheme.equals("file") ? path.toUri().getPath() : path.toString();
  }
}
