package io.epicfhir.common;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** The files of {@code common/contracts}, which the tests of the DAGs read, too. */
public final class Contracts {
  private static final Path FOLDER = Path.of("../common/contracts");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Contracts() {}

  /** A golden file, from a real run; by its name without the ending. */
  public static JsonNode golden(String name) {
    return tree(text("golden/" + name + ".json"));
  }

  /** The keys that a schema names at its root. */
  public static Set<String> keys(String schema) {
    Set<String> keys = new TreeSet<>();
    tree(text(schema + ".schema.json")).path("properties").fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** A golden file is read as this record, and the record is written as the golden file is. */
  public static <T> T assertRead(String golden, Class<T> type) {
    T value = Json.read(text("golden/" + golden + ".json"), type, golden);
    assertThat(tree(Json.write(value))).as(golden).isEqualTo(golden(golden));
    return value;
  }

  static String text(String file) {
    try {
      return Files.readString(FOLDER.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode tree(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
