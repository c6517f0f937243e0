package io.epicfhir.transform;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a parse costs at least: Jackson over every byte of the files, on all cores, nothing kept.
 */
final class JsonPass {
  private static final JsonFactory JSON = new JsonFactory();

  private JsonPass() {}

  /** Arguments: a folder of NDJSON, and how often. */
  public static void main(String[] args) throws IOException {
    for (int round = 1; round <= Integer.parseInt(args[1]); round++) {
      long begin = System.nanoTime();
      long tokens = 0;
      for (Path file : files(Path.of(args[0]))) {
        tokens += tokens(Files.readAllBytes(file));
      }
      System.out.printf(
          "round %d: %.3f s, %d tokens%n", round, (System.nanoTime() - begin) / 1e9, tokens);
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static long tokens(byte[] bytes) {
    int parts = Runtime.getRuntime().availableProcessors();
    return IntStream.range(0, parts)
        .parallel()
        .mapToLong(i -> tokens(bytes, lineStart(bytes, i, parts), lineStart(bytes, i + 1, parts)))
        .sum();
  }

  private static int lineStart(byte[] bytes, int part, int parts) {
    int at = (int) ((long) bytes.length * part / parts);
    while (at > 0 && at < bytes.length && bytes[at - 1] != '\n') {
      at++;
    }
    return at;
  }

  private static long tokens(byte[] bytes, int from, int to) {
    long tokens = 0;
    try (JsonParser parser = JSON.createParser(bytes, from, to - from)) {
      while (parser.nextToken() != null) {
        tokens++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return tokens;
  }
}
