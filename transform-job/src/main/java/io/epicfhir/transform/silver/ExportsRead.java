package io.epicfhir.transform.silver;

import io.epicfhir.common.SideBySide;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.delta.FileRows;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GetJsonObject;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.XXH64;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * All that the exports of a small backlog say, read in this process: each resource's sightings with
 * their texts, and the exports that say that it is gone. {@link BronzeRows} is the same in Spark.
 */
final class ExportsRead {
  /** As Spark's function xxhash64 has it. */
  private static final long SEED = 42;

  private static final UTF8String SUBSETTED = UTF8String.fromString(BronzeRows.SUBSETTED);
  private static final Pattern IS_TAG = Pattern.compile(BronzeRows.IS_TAG);
  private static final Pattern IS_CODE = Pattern.compile(BronzeRows.IS_CODE);

  private final Map<ResourceKey, Said> resources = new ConcurrentHashMap<>();
  private final Map<UTF8String, ExportFact> exports = new HashMap<>();
  private final AtomicBoolean doubtful = new AtomicBoolean();
  private final DeletedBundle deleted;

  /** What is said of a resource. */
  static final class Said {
    private final List<Sighting> sightings = new ArrayList<>();
    private final List<ExportFact> gone = new ArrayList<>();

    void keptOut(List<ExportFact> exports) {
      gone.addAll(exports);
    }

    ResourceEvidence evidence() {
      return ResourceEvidence.of(sightings, gone);
    }
  }

  private ExportsRead(Backlog backlog, ExportFacts facts) {
    this.deleted = new DeletedBundle(facts.types());
    for (Landing landing : backlog.all()) {
      ExportFact fact = facts.of(landing);
      exports.put(fact.exportId(), fact);
    }
  }

  /**
   * Reads them; empty where a row or a deletion is not of the plain form.
   *
   * @throws FileRows.Unreadable where a file cannot be read
   */
  static Optional<Map<ResourceKey, Said>> of(Lake lake, Backlog backlog, ExportFacts facts) {
    ExportsRead read = new ExportsRead(backlog, facts);
    FileRows rows = new FileRows(lake.hadoop(), BronzeRows.COLUMNS);
    SideBySide.forEach(
        backlog.resourceFiles(),
        file ->
            rows.read(
                lake.paths().at(file.path()),
                Optional.empty(),
                (row, position) -> read.sighting(file.resourceType(), row)));
    for (Landing.File file : backlog.deletionFiles()) {
      rows.read(
          lake.paths().at(file.path()), Optional.empty(), (row, position) -> read.deletions(row));
    }
    return read.doubtful.get() ? Optional.empty() : Optional.of(read.resources);
  }

  private void sighting(String type, InternalRow row) {
    ExportFact export = row.isNullAt(4) ? null : exports.get(row.getUTF8String(4));
    if (export == null || row.isNullAt(0) || row.isNullAt(3)) {
      doubtful.set(true);
      return;
    }
    UTF8String text = row.getUTF8String(3).copy();
    UTF8String version = copy(row, 1);
    Sighting sighting =
        new Sighting(
            export,
            export.obsoleteTypes().contains(type),
            version,
            Rank.number(version),
            row.isNullAt(2) ? null : (Long) row.getLong(2),
            XXH64.hashUTF8String(text, SEED),
            isPart(text),
            copy(row, 5),
            row.isNullAt(6) ? null : (Long) row.getLong(6),
            text);
    Said said = said(new ResourceKey(type, row.getUTF8String(0).copy()));
    synchronized (said) {
      said.sightings.add(sighting);
    }
  }

  private void deletions(InternalRow row) {
    ExportFact export = row.isNullAt(4) ? null : exports.get(row.getUTF8String(4));
    Optional<List<ResourceKey>> gone =
        export == null || row.isNullAt(3)
            ? Optional.empty()
            : deleted.resources(row.getUTF8String(3));
    if (gone.isEmpty()) {
      doubtful.set(true);
    }
    gone.ifPresent(
        keys -> {
          ExportFact said = export.ofDeletion(row.isNullAt(5) ? null : row.getUTF8String(5));
          keys.forEach(key -> said(key).gone.add(said));
        });
  }

  private Said said(ResourceKey key) {
    return resources.computeIfAbsent(key, k -> new Said());
  }

  /** See {@link BronzeRows}: the text is looked through first, and parsed only where it has it. */
  private static boolean isPart(UTF8String text) {
    if (!text.contains(SUBSETTED)) {
      return false;
    }
    String tags = found(text, BronzeRows.TAGS);
    boolean unread = found(text, BronzeRows.WHOLE) == null;
    return (tags != null && IS_TAG.matcher(tags).find())
        || (unread && IS_CODE.matcher(text.toString()).find());
  }

  private static String found(UTF8String text, String path) {
    Literal json = new Literal(text, DataTypes.StringType);
    Literal at = new Literal(UTF8String.fromString(path), DataTypes.StringType);
    Object found = new GetJsonObject(json, at).eval(InternalRow.empty());
    return found == null ? null : found.toString();
  }

  private static UTF8String copy(InternalRow row, int column) {
    return row.isNullAt(column) ? null : row.getUTF8String(column).copy();
  }
}
