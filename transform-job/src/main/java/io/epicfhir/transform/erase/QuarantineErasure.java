package io.epicfhir.transform.erase;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.StorageFailure;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.optout.Mentions;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.common.optout.QuarantinedGroups;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;

/**
 * Takes lines that name an erased resource out of quarantine: verbatim lines in Parquet files, also
 * those that are no JSON, and the lists of resources that do not fit a view.
 */
final class QuarantineErasure {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*\"([^\"]+)\"");

  private final Lake lake;
  private final Mentions erased;
  private final OptOuts listed;

  /**
   * @param listed the list: what an extract kept out is in no table, and no erasure finds it there;
   *     its lines in quarantine must go all the same
   */
  QuarantineErasure(Lake lake, Mentions erased, OptOuts listed) {
    this.lake = lake;
    this.erased = erased;
    this.listed = listed;
  }

  /** Does it; how many lines went. */
  long run() {
    return each(this::parquet, this::list);
  }

  /** How many lines would go. */
  long count() {
    return each(
        file -> {
          List<QuarantinedGroups> going = going(file);
          long[] lines = new long[1];
          ParquetRows.any(
              lake.hadoop(),
              file,
              row -> {
                lines[0] += goes(going, row) ? 1 : 0;
                return false;
              });
          return lines[0];
        },
        file -> lines(file).stream().filter(this::isListed).count());
  }

  private long each(ToLongFunction<Path> parquet, ToLongFunction<Path> list) {
    long lines = 0;
    for (Path file : LakeFiles.below(lake, lake.paths().at("quarantine"))) {
      if (file.getName().endsWith(".parquet") && !file.getName().startsWith(".")) {
        lines += parquet.applyAsLong(file);
      } else if (file.getName().endsWith(".ndjson") && !file.getName().startsWith(".")) {
        lines += list.applyAsLong(file);
      }
    }
    return lines;
  }

  private long parquet(Path file) {
    List<QuarantinedGroups> going = going(file);
    if (going.stream().noneMatch(QuarantinedGroups::any)) {
      return 0;
    }
    Path copy =
        new Path(
            file.getParent(),
            file.getName().replaceFirst("(-w[0-9a-f]{8})?\\.parquet$", "")
                + "-w"
                + UUID.randomUUID().toString().substring(0, 8)
                + ".parquet");
    long gone =
        ParquetRows.copy(
                lake.hadoop(),
                file,
                copy,
                row -> goes(going, row) ? Optional.empty() : Optional.of(row))
            .gone();
    lake.delete(file);
    return gone;
  }

  private List<QuarantinedGroups> going(Path file) {
    List<QuarantinedGroups> both =
        List.of(new QuarantinedGroups(this::names), QuarantinedGroups.of(listed));
    ParquetRows.any(
        lake.hadoop(),
        file,
        row -> {
          byte[] line = ParquetRows.bytes(row, "line");
          both.forEach(groups -> groups.takeKept(source(row), number(row), line));
          return false;
        });
    return both;
  }

  private static String source(Group row) {
    return new String(ParquetRows.bytes(row, "source_file"), StandardCharsets.UTF_8);
  }

  private static long number(Group row) {
    return row.getLong("source_line", 0);
  }

  /** A line in pieces goes with all of them. */
  private static boolean goes(List<QuarantinedGroups> groups, Group row) {
    return groups.stream().anyMatch(one -> one.goes(source(row), number(row)));
  }

  private boolean names(byte[] text, int offset, int length) {
    if (erased.in(text, offset, length)) {
      return true;
    }
    Matcher ids = ID.matcher(new String(text, offset, length, StandardCharsets.UTF_8));
    while (ids.find()) {
      if (erased.hasId(ids.group(1))) {
        return true;
      }
    }
    return false;
  }

  private List<String> lines(Path file) {
    try {
      return new String(FileText.of(lake, file), StandardCharsets.UTF_8).lines().toList();
    } catch (IOException e) {
      throw StorageFailure.of("read " + file, e);
    }
  }

  private long list(Path file) {
    List<String> all = lines(file);
    List<String> left = all.stream().filter(line -> !isListed(line)).toList();
    if (left.size() < all.size()) {
      lake.write(file, left.isEmpty() ? "" : String.join("\n", left) + "\n");
    }
    return (long) all.size() - left.size();
  }

  private boolean isListed(String line) {
    byte[] text = line.getBytes(StandardCharsets.UTF_8);
    if (erased.in(line) || listed.in(text, 0, text.length)) {
      return true;
    }
    try {
      JsonNode one = MAPPER.readTree(line);
      String type = one.path("resource_type").asText("");
      String id = one.path("id").asText("");
      return erased.has(type, id) || listed.has(type, id);
    } catch (JsonProcessingException e) {
      return false;
    }
  }
}
