package io.epicfhir.common.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.DamagedFile;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * The checksum file that most writers leave beside a commit: it repeats the table's metadata, and
 * one small text costs a fifth of Kernel's look at the log where nothing else is asked for. Where
 * there is none, or none that is whole, the log is read.
 *
 * @see <a href="https://github.com/delta-io/delta/blob/master/PROTOCOL.md#version-checksum-file">
 *     Version Checksum File</a>
 */
final class ChecksumFile {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private ChecksumFile() {}

  static Optional<TableMetadata> read(Lake lake, Path log, long version) {
    return text(lake, new Path(log, String.format("%020d.crc", version)))
        .flatMap(ChecksumFile::parsed)
        .map(checksum -> checksum.path("metadata"))
        .filter(metadata -> metadata.path("schemaString").isTextual())
        .filter(metadata -> metadata.path("id").isTextual())
        .map(metadata -> metadata(version, metadata));
  }

  private static TableMetadata metadata(long version, JsonNode metadata) {
    Map<String, String> configuration = new LinkedHashMap<>();
    metadata
        .path("configuration")
        .properties()
        .forEach(property -> configuration.put(property.getKey(), property.getValue().asText()));
    List<String> partitionColumns = new ArrayList<>();
    metadata.path("partitionColumns").forEach(column -> partitionColumns.add(column.asText()));
    return new TableMetadata(
        version,
        metadata.get("id").asText(),
        metadata.get("schemaString").asText(),
        metadata.path("description").asText(""),
        configuration,
        partitionColumns);
  }

  private static Optional<String> text(Lake lake, Path file) {
    try {
      return lake.read(file);
    } catch (JobException e) {
      if (DamagedFile.in(e).isPresent()) {
        return Optional.empty(); // as below
      }
      throw e;
    }
  }

  private static Optional<JsonNode> parsed(String text) {
    try {
      return Optional.of(JSON.readTree(text));
    } catch (JsonProcessingException e) {
      return Optional.empty(); // a hint that broke; the log itself says all
    }
  }
}
