package io.epicfhir.common.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.lake.Lake;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.Path;

/**
 * The commitInfo action of a commit's file. Read as text: Kernel knows neither a user's metadata
 * nor a commit without a transaction id.
 */
final class CommitInfoFile {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private CommitInfoFile() {}

  /** Empty where there is no such commit, or no longer. */
  static Optional<CommitInfo> read(Lake lake, Path table, Path log, long version) {
    return lake.read(new Path(log, String.format("%020d.json", version)))
        .map(text -> info(table, version, text));
  }

  private static CommitInfo info(Path table, long version, String text) {
    JsonNode info =
        text.lines()
            .filter(line -> line.contains("\"commitInfo\""))
            .map(line -> parsed(table, line).path("commitInfo"))
            .filter(JsonNode::isObject)
            .findFirst()
            .orElseGet(MissingNode::getInstance);
    Map<String, String> metrics = new LinkedHashMap<>();
    info.path("operationMetrics")
        .properties()
        .forEach(metric -> metrics.put(metric.getKey(), metric.getValue().asText()));
    String transaction = info.path("txnId").asText("");
    return new CommitInfo(
        version,
        transaction.isEmpty() ? Sha256.hex(text) : transaction,
        Instant.ofEpochMilli(info.path("timestamp").asLong()),
        info.path("operation").asText(""),
        info.path("engineInfo").asText(""),
        info.path("userMetadata").asText(""),
        metrics);
  }

  private static JsonNode parsed(Path table, String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      throw KernelFailure.of("read", table, e);
    }
  }
}
