package io.epicfhir.common;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;

/**
 * Records of the pipeline's own state as JSON: snake_case keys, ISO 8601 instants, explicit nulls.
 */
public final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .addModule(new Jdk8Module())
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.ALWAYS, JsonInclude.Include.ALWAYS))
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();

  private Json() {}

  /** A record as JSON text. */
  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Cannot write as JSON: " + value.getClass(), e);
    }
  }

  /**
   * A record from JSON text.
   *
   * @param origin where the text came from, for the message
   * @throws JobException {@link ExitCode#STORAGE} where the text is not such a record; {@link
   *     ExitCode#SETTINGS} where a newer version of the pipeline wrote it
   */
  public static <T> T read(String text, Class<T> type, String origin) {
    try {
      JsonNode tree = MAPPER.readTree(text);
      T value = known(tree, origin) ? MAPPER.treeToValue(tree, type) : null;
      if (value == null) {
        throw new JsonParseException(null, "no record");
      }
      return value;
    } catch (JsonProcessingException e) {
      throw new JobException(
          ExitCode.STORAGE,
          "Cannot read the pipeline's own state: "
              + origin
              + " does not have the expected content; restore the file from a backup, or move it away"
              + " and rerun",
          e);
    }
  }

  /** Whether this code knows the version that a file says it has; one without a version is old. */
  private static boolean known(JsonNode tree, String origin) {
    JsonNode version = tree.path("schema_version");
    if (version.isMissingNode()) {
      return true;
    }
    if (version.isInt() && version.intValue() > StateFile.VERSION) {
      throw new JobException(
          ExitCode.SETTINGS,
          "Cannot read the pipeline's own state: a newer version of the pipeline wrote %s (state version %d, and this one knows up to %d); run the newer version"
              .formatted(origin, version.intValue(), StateFile.VERSION));
    }
    return version.isInt() && version.intValue() == StateFile.VERSION;
  }
}
