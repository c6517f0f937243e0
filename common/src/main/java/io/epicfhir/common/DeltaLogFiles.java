package io.epicfhir.common;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * The log of a Delta table by its open format (Delta transaction log protocol): what only asks for
 * numbers reads it and needs no Spark.
 */
public final class DeltaLogFiles {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern COMMIT = Pattern.compile("\\d{20}\\.json");

  private final Lake lake;
  private final Path log;

  /** Of the table in this folder. */
  public DeltaLogFiles(Lake lake, Path table) {
    this.lake = lake;
    this.log = new Path(table, "_delta_log");
  }

  /** The newest commit, or empty where there is no table yet. */
  public OptionalLong version() {
    return lake.list(log).stream()
        .map(file -> file.getPath().getName())
        .filter(name -> COMMIT.matcher(name).matches())
        .mapToLong(name -> Long.parseLong(name.substring(0, 20)))
        .max();
  }

  /** How much log there is to read for the table's state. */
  public long bytes() {
    return lake.list(log).stream().mapToLong(FileStatus::getLen).sum();
  }

  /** What the writer of a commit says of it; empty where Delta has cleaned the commit away. */
  public Optional<JsonNode> commitInfo(long version) {
    Path file = file(version, "json");
    return lake.read(file)
        .map(
            text ->
                text.lines()
                    .filter(line -> line.startsWith("{\"commitInfo\""))
                    .findFirst()
                    .map(line -> json(file, line).path("commitInfo"))
                    .orElseThrow(() -> unreadable(file, null)));
  }

  /** The checksum file of a version: its metadata, sizes and, of a small table, its files. */
  public Optional<JsonNode> checksum(long version) {
    Path file = file(version, "crc");
    return lake.read(file).map(text -> json(file, text));
  }

  /** The complaint about a version whose log is not what the protocol says. */
  public JobException unreadable(long version) {
    return unreadable(file(version, "json"), null);
  }

  private Path file(long version, String suffix) {
    return new Path(log, String.format("%020d.%s", version, suffix));
  }

  private static JsonNode json(Path file, String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw unreadable(file, e);
    }
  }

  private static JobException unreadable(Path file, Exception cause) {
    return new JobException(
        ExitCode.STORAGE, "Cannot read Delta's " + file + "; check the table's log", cause);
  }
}
