package io.epicfhir.common;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;

/**
 * Looks for a patient's name where none may be. A Parquet file holds patients' values in the pages
 * of its columns and nowhere else: not in its column indexes nor in its footer.
 */
public final class Canaries {
  /** The name. */
  public static final String CANARY = "CANARY";

  private Canaries() {}

  /**
   * The files below a folder that hold the name.
   *
   * @param tables folders where it may be in files that are not Parquet, relative to that one
   */
  public static List<Path> in(Path root, String... tables) throws IOException {
    if (!Files.exists(root)) {
      return List.of();
    }
    try (Stream<Path> found = Files.walk(root)) {
      return found
          .filter(Files::isRegularFile)
          .filter(file -> isParquet(file) || !isOf(root.relativize(file), tables))
          .filter(file -> hold(text(file)) || hold(root.relativize(file).toString()))
          .toList();
    }
  }

  private static boolean isOf(Path file, String... tables) {
    return Stream.of(tables).anyMatch(table -> file.startsWith(table));
  }

  private static boolean hold(String text) {
    return text.contains(CANARY);
  }

  private static boolean isParquet(Path file) {
    return file.toString().endsWith(".parquet") && !file.getFileName().toString().startsWith(".");
  }

  private static String text(Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      int from = !isParquet(file) ? 0 : isWhole(bytes) ? behindPages(file) : bytes.length;
      return new String(bytes, from, bytes.length - from, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A writer that died leaves pages without a footer. */
  private static boolean isWhole(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    return bytes.length > 8 && text.startsWith("PAR1") && text.endsWith("PAR1");
  }

  private static int behindPages(Path file) throws IOException {
    var path = new org.apache.hadoop.fs.Path(file.toUri());
    try (var reader = ParquetFileReader.open(HadoopInputFile.fromPath(path, new Configuration()))) {
      return reader.getRowGroups().stream()
          .map(BlockMetaData::getColumns)
          .flatMap(List::stream)
          .mapToInt(c -> Math.toIntExact(c.getStartingPos() + c.getTotalSize()))
          .max()
          .orElse(0);
    }
  }
}
