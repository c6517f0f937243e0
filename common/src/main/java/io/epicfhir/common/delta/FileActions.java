package io.epicfhir.common.delta;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.delta.kernel.data.MapValue;
import io.delta.kernel.data.Row;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.DeletionVectorDescriptor;
import io.delta.kernel.internal.actions.RemoveFile;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.data.GenericRow;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.statistics.DataFileStatistics;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.hadoop.fs.Path;
import org.roaringbitmap.RoaringBitmap;

/** Files as Kernel's rows have them, and the other way round. */
final class FileActions {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private FileActions() {}

  static DataFile file(AddFile add) {
    return file(
        add.getPath(),
        add.getPartitionValues(),
        add.getSize(),
        add.getNumRecords(),
        add.getDeletionVector(),
        add.getStatsJson());
  }

  static DataFile file(RemoveFile remove) {
    return file(
        remove.getPath(),
        remove.getPartitionValues().orElseGet(() -> VectorUtils.stringStringMapValue(Map.of())),
        remove.getSize().orElse(0L),
        remove.getStatsJson().flatMap(DataFileStatistics::getNumRecords),
        remove.getDeletionVector(),
        remove.getStatsJson());
  }

  private static DataFile file(
      String path,
      MapValue partitionValues,
      long bytes,
      Optional<Long> records,
      Optional<DeletionVectorDescriptor> vector,
      Optional<String> stats) {
    long deleted = vector.map(DeletionVectorDescriptor::getCardinality).orElse(0L);
    return new DataFile(
        decoded(path),
        VectorUtils.toJavaMap(partitionValues),
        bytes,
        records.isPresent() ? OptionalLong.of(records.get() - deleted) : OptionalLong.empty(),
        vector.map(FileActions::vector),
        stats.map(FileActions::ranges).orElse(Map.of()));
  }

  /** Of whole numbers only: other values in a log are none of ours. */
  private static Map<String, NewFile.Range> ranges(String stats) {
    if (!stats.contains("\"minValues\"")) {
      return Map.of();
    }
    JsonNode all = json(stats);
    Map<String, NewFile.Range> ranges = new HashMap<>();
    all.path("minValues")
        .properties()
        .forEach(
            smallest -> {
              JsonNode largest = all.path("maxValues").path(smallest.getKey());
              if (smallest.getValue().isIntegralNumber() && largest.isIntegralNumber()) {
                ranges.put(
                    smallest.getKey(),
                    new NewFile.Range(smallest.getValue().asLong(), largest.asLong()));
              }
            });
    return ranges;
  }

  private static ObjectNode json(String stats) {
    try {
      return JSON.readValue(stats, ObjectNode.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("Cannot read the statistics of a file", e);
    }
  }

  private static DataFile.DeletionVector vector(DeletionVectorDescriptor vector) {
    return new DataFile.DeletionVector(
        vector.getStorageType(),
        vector.getPathOrInlineDv(),
        vector.getOffset(),
        vector.getSizeInBytes(),
        vector.getCardinality());
  }

  static DeletionVectorDescriptor descriptor(DataFile.DeletionVector vector) {
    return new DeletionVectorDescriptor(
        vector.storageType(),
        vector.pathOrInlineDv(),
        vector.offset(),
        vector.sizeInBytes(),
        vector.cardinality());
  }

  /** The action that makes a file of new rows part of the table. */
  static Row add(NewFile file) {
    return add(file, true, Optional.empty());
  }

  /** The actions of copies, which bring no rows that were not there. */
  static List<Row> add(CopiedRows copies) {
    Optional<Map<String, String>> tag = copies.tag();
    List<Row> actions = new ArrayList<>();
    for (NewFile file : copies.files()) {
      boolean tagged = actions.isEmpty();
      // Without a tag the deleted rows are unknown: then all rows count as new.
      actions.add(add(file, tag.isEmpty(), tag.filter(any -> tagged)));
    }
    return actions;
  }

  private static Row add(NewFile file, boolean dataChange, Optional<Map<String, String>> tags) {
    Map<String, Object> values = new HashMap<>();
    values.put("path", encoded(file.path()));
    values.put("partitionValues", VectorUtils.stringStringMapValue(file.partitionValues()));
    values.put("size", file.bytes());
    values.put("modificationTime", file.modifiedMillis());
    values.put("dataChange", dataChange);
    values.put("stats", stats(file));
    tags.ifPresent(found -> values.put("tags", VectorUtils.stringStringMapValue(found)));
    Map<Integer, Object> fields = new HashMap<>();
    values.forEach((name, value) -> fields.put(AddFile.FULL_SCHEMA.indexOf(name), value));
    return SingleAction.createAddFileSingleAction(new GenericRow(AddFile.FULL_SCHEMA, fields));
  }

  /** What a file's tag says of rows that were left out of copies. */
  static Optional<Map<String, RoaringBitmap>> leftOut(AddFile add) {
    return add.getTags()
        .map(VectorUtils::<String, String>toJavaMap)
        .map(tags -> tags.get(CopiedRows.TAG))
        .flatMap(CopiedRows::leftOut);
  }

  /** A file of the table with other rows deleted; all else that the log says of it stays. */
  static Row marked(AddFile file, DataFile.DeletionVector vector) {
    Map<String, Object> values = new HashMap<>();
    values.put("path", file.getPath());
    values.put("partitionValues", file.getPartitionValues());
    values.put("size", file.getSize());
    values.put("modificationTime", file.getModificationTime());
    values.put("dataChange", true);
    values.put("deletionVector", descriptor(vector).toRow());
    file.getTags().ifPresent(tags -> values.put("tags", tags));
    file.getBaseRowId().ifPresent(id -> values.put("baseRowId", id));
    file.getDefaultRowCommitVersion().ifPresent(v -> values.put("defaultRowCommitVersion", v));
    file.getStatsJson().ifPresent(stats -> values.put("stats", wide(stats)));
    Map<Integer, Object> fields = new HashMap<>();
    values.forEach((name, value) -> fields.put(AddFile.FULL_SCHEMA.indexOf(name), value));
    return SingleAction.createAddFileSingleAction(new GenericRow(AddFile.FULL_SCHEMA, fields));
  }

  /** Statistics of all rows of a file, of which some are deleted now. */
  private static String wide(String stats) {
    return json(stats).put("tightBounds", false).toString();
  }

  private static String stats(NewFile file) {
    ObjectNode stats = JSON.createObjectNode().put("numRecords", file.rows());
    if (!file.ranges().isEmpty()) {
      ObjectNode smallest = stats.putObject("minValues");
      ObjectNode largest = stats.putObject("maxValues");
      ObjectNode nulls = stats.putObject("nullCount");
      file.ranges()
          .forEach(
              (column, range) -> {
                smallest.put(column, range.smallest());
                largest.put(column, range.largest());
                nulls.put(column, 0);
              });
    }
    return stats.toString();
  }

  /** The log has paths as URIs. */
  private static String decoded(String path) {
    return new Path(URI.create(path)).toString();
  }

  private static String encoded(String path) {
    try {
      return new URI(null, null, path, null).toString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("Cannot commit a file with a path that is not a URI", e);
    }
  }
}
