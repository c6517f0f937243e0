package io.epicfhir.common.query;

import io.epicfhir.common.ByteOrderMark;
import io.epicfhir.common.localfs.FileReaders;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Values of parameters that are not on the command line, where all users of the machine see them.
 */
final class QueryValues {
  private static final String STANDARD_INPUT = "-";

  private QueryValues() {}

  /**
   * Reads lines of {@code NAME=VALUE}; empty ones are nothing.
   *
   * @param from a file that only its owner may read, or {@code -}
   * @param input standard input
   * @throws QueryRefused where it cannot be read so; the message has no value
   */
  static Map<String, String> read(String from, InputStream input) {
    Map<String, String> values = new LinkedHashMap<>();
    int number = 0;
    for (String line : ByteOrderMark.removed(text(from, input)).lines().toList()) {
      number++;
      int equals = line.indexOf('=');
      if (line.isBlank()) {
        continue;
      }
      if (equals < 1) {
        throw refused("line " + number + " is not NAME=VALUE");
      }
      if (values.put(line.substring(0, equals).strip(), line.substring(equals + 1)) != null) {
        throw refused("line " + number + " gives a parameter again");
      }
    }
    return values;
  }

  private static String text(String from, InputStream input) {
    try {
      if (from.equals(STANDARD_INPUT)) {
        return new String(input.readAllBytes(), StandardCharsets.UTF_8);
      }
      Path file = Path.of(from);
      if (Files.exists(file) && FileReaders.sharedWithOthers(file)) {
        throw refused(
            "users other than its owner may read or write the file; run: chmod 600 " + file);
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw refused("there is no such file, or it is not UTF-8 text");
    }
  }

  private static QueryRefused refused(String why) {
    return new QueryRefused("with the values of --params", why);
  }
}
