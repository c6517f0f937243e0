package io.epicfhir.transform.erase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.epicfhir.common.Sha256;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.RunLock;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

/**
 * Takes erased patients out of what extract keeps beside bronze: what lies in staging goes whole,
 * and is downloaded again; digests of patients' ids go from the lists of groups and exports; traces
 * that name somebody go. The indexes of crawls are extract's own to rewrite.
 */
final class StateErasure {
  private static final JsonMapper MAPPER = new JsonMapper();

  /** As extract names a patient without the id. */
  private static final int DIGEST_BYTES = 8;

  private final Lake lake;
  private final Mentions erased;
  private final OptOuts listed;
  private final Duration patience;
  private final Set<String> digests = new TreeSet<>();

  /**
   * @param listed the list: what an extract kept out is in no table, and may be in a trace
   */
  StateErasure(Lake lake, ErasedResources resources, OptOuts listed, Duration patience) {
    this.listed = listed;
    this.patience = patience;
    this.lake = lake;
    this.erased = resources.mentions();
    for (String patient : resources.patients()) {
      String id = patient.substring(patient.indexOf('/') + 1);
      digests.add(Sha256.name(id, DIGEST_BYTES));
    }
  }

  /** Does it; how many files changed or went. */
  long run() {
    long files = 0;
    for (FileStatus export : lake.list(lake.paths().state("exports"))) {
      files += export(export.getPath());
    }
    files += lists(lake.paths().state("groups"));
    for (Path trace : LakeFiles.below(lake, lake.paths().at("traces"))) {
      if (names(trace)) {
        lake.delete(trace);
        files++;
      }
    }
    return files;
  }

  private boolean names(Path file) {
    byte[] text = bytes(file);
    return erased.in(text, 0, text.length) || listed.in(text, 0, text.length);
  }

  /** No extract is at work on it meanwhile. */
  @SuppressWarnings("try") // the lock is held, not used
  private long export(Path folder) {
    long files = 0;
    try (RunLock lock = RunLock.acquire(lake, "export-" + folder.getName(), patience)) {
      for (String whole : List.of("staging", "joined", "publication.json")) {
        Path path = new Path(folder, whole);
        if (lake.exists(path)) {
          lake.delete(path);
          files++;
        }
      }
      Path spool = new Path(folder, "spool");
      if (LakeFiles.below(lake, spool).stream().anyMatch(this::names)) {
        lake.delete(spool);
        files++;
      }
      return files + lists(folder);
    }
  }

  private long lists(Path folder) {
    long changed = 0;
    for (FileStatus file : lake.list(folder)) {
      String name = file.getPath().getName();
      if (file.isFile() && name.endsWith(".json")) {
        changed += json(file.getPath());
      } else if (file.isFile() && name.endsWith(".patients")) {
        changed += lines(file.getPath());
      }
    }
    return changed;
  }

  private long lines(Path file) {
    List<String> all = lake.read(file).orElse("").lines().toList();
    List<String> left = all.stream().filter(line -> !digests.contains(line)).toList();
    if (left.size() < all.size()) {
      lake.write(file, String.join("\n", left) + "\n");
    }
    return left.size() < all.size() ? 1 : 0;
  }

  private long json(Path file) {
    String text = lake.read(file).orElse("");
    if (digests.stream().noneMatch(text::contains)) {
      return 0;
    }
    try {
      JsonNode tree = MAPPER.readTree(text);
      removeIn(tree);
      lake.write(file, MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n");
      return 1;
    } catch (JsonProcessingException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }

  private void removeIn(JsonNode node) {
    if (node instanceof ArrayNode array) {
      for (Iterator<JsonNode> each = array.iterator(); each.hasNext(); ) {
        if (digests.contains(each.next().asText(""))) {
          each.remove();
        }
      }
    }
    node.forEach(this::removeIn);
  }

  private byte[] bytes(Path file) {
    try {
      return FileText.of(lake, file);
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }
}
