package io.epicfhir.sandbox.epic;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Lines of NDJSON as trees in which decimals keep their digits: 1.50 stays 1.50. */
public final class Ndjson {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build())
          .build();
  private static final ObjectMapper MAPPER =
      JsonMapper.builder(FACTORY)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
          .build();

  /** What is done with a line, without its line feed. */
  public interface Line {
    void take(byte[] line) throws IOException;
  }

  private Ndjson() {}

  /** A new object. */
  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** Empty where the line is no JSON object. */
  public static Optional<ObjectNode> parse(byte[] line) {
    try {
      JsonNode node = MAPPER.readTree(line);
      return node instanceof ObjectNode object ? Optional.of(object) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // A broken line is served as it is.
    }
  }

  /** One line, without its line feed. */
  public static byte[] bytes(JsonNode node) {
    try {
      return MAPPER.writeValueAsBytes(node);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The NDJSON files of a folder, by name; none where there is no folder. */
  public static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "*.ndjson")) {
        found.forEach(files::add);
      }
    }
    files.sort(Comparator.comparing(Path::getFileName));
    return files;
  }

  /** Every line of a file, split at LF bytes only. */
  public static void lines(Path file, Line each) throws IOException {
    byte[] buffer = new byte[1 << 20];
    ByteArrayOutputStream line = new ByteArrayOutputStream(1 << 16);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        int start = 0;
        for (int i = 0; i < read; i++) {
          if (buffer[i] == '\n') {
            line.write(buffer, start, i - start);
            each.take(line.toByteArray());
            line.reset();
            start = i + 1;
          }
        }
        line.write(buffer, start, read - start);
      }
    }
    if (line.size() > 0) {
      each.take(line.toByteArray());
    }
  }
}
