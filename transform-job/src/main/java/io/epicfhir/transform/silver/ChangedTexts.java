package io.epicfhir.transform.silver;

import io.epicfhir.common.delta.ChangedParts;
import io.epicfhir.common.delta.TableLog;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.FileRows;
import io.epicfhir.transform.delta.LiveRows;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.roaringbitmap.RoaringBitmap;

/**
 * The texts of resources that changed, as they were and as they are, by silver's own log. A row
 * that was only copied to another file has its commit in {@code silver_version}, as before.
 */
public final class ChangedTexts {
  /** More rows of files than these are not compared in memory. */
  private static final long MOST = 2_000_000;

  private static final StructType KEYS =
      new StructType()
          .add(SilverSchema.COLUMNS.apply("id"))
          .add(SilverSchema.COLUMNS.apply(SilverSchema.VERSION));
  private static final StructType TEXT =
      new StructType().add(SilverSchema.COLUMNS.apply("resource"));

  private final Lake lake;
  private final Path silver;

  /** Rows that went, or that came: their keys, and where they lie. */
  private static final class Side {
    private final Set<String> keys = new HashSet<>();
    private final Map<ChangedParts.Part, Map<String, Integer>> at = new HashMap<>();
  }

  private ChangedTexts(Lake lake) {
    this.lake = lake;
    this.silver = lake.paths().silver();
  }

  /**
   * Gives the texts; false where they are not known any more: a commit since, or one of its files,
   * is cleaned up, or they are very many.
   *
   * @param since an earlier version of silver
   * @param identity of its commit
   */
  public static boolean since(
      Lake lake,
      Set<String> types,
      long since,
      Optional<String> identity,
      Consumer<UTF8String> taker) {
    return new ChangedTexts(lake).read(types, since, identity, taker);
  }

  private boolean read(
      Set<String> types, long since, Optional<String> identity, Consumer<UTF8String> taker) {
    TableLog log = TableLog.of(lake, silver);
    if (identity.isEmpty() || !log.identity(since).equals(identity)) {
      return false;
    }
    TableSnapshot now = log.snapshot().orElseThrow();
    DataType columns = DataType.fromJson(now.schemaJson());
    Optional<List<ChangedParts.Part>> all =
        ChangedParts.between(
            log, since, now.version(), json -> DataType.fromJson(json).equals(columns));
    if (all.isEmpty()) {
      return false;
    }
    List<ChangedParts.Part> parts =
        all.get().stream()
            .filter(
                part -> types.contains(part.file().partitionValues().get(SilverSchema.PARTITION)))
            .toList();
    long rows = parts.stream().mapToLong(part -> part.file().rows().orElse(MOST + 1)).sum();
    if (rows > MOST || !parts.stream().allMatch(part -> lake.exists(part.file().in(silver)))) {
      return false;
    }
    Side went = new Side();
    Side came = new Side();
    parts.forEach(part -> keys(part, part.gone() ? went : came));
    texts(went, came.keys, taker);
    texts(came, went.keys, taker);
    return true;
  }

  private void keys(ChangedParts.Part part, Side side) {
    String type = part.file().partitionValues().get(SilverSchema.PARTITION);
    Map<String, Integer> at = side.at.computeIfAbsent(part, p -> new HashMap<>());
    FileRows.Taker taker =
        (row, position) -> {
          String key = type + "/" + row.getUTF8String(0) + "@" + row.getLong(1);
          side.keys.add(key);
          at.put(key, position);
        };
    if (part.only().isPresent()) {
      new FileRows(lake.hadoop(), KEYS).readOnly(part.file().in(silver), part.only().get(), taker);
    } else {
      new LiveRows(lake, silver, KEYS)
          .read(part.file(), (row, path, position) -> taker.row(row, position));
    }
  }

  /** Those of rows that are not on the other side as well; a tombstone has none. */
  private void texts(Side side, Set<String> others, Consumer<UTF8String> taker) {
    FileRows rows = new FileRows(lake.hadoop(), TEXT);
    side.at.forEach(
        (part, at) -> {
          RoaringBitmap positions = new RoaringBitmap();
          at.forEach(
              (key, position) -> {
                if (!others.contains(key)) {
                  positions.add(position);
                }
              });
          rows.readOnly(
              part.file().in(silver),
              positions,
              (row, position) -> {
                if (!row.isNullAt(0)) {
                  taker.accept(row.getUTF8String(0));
                }
              });
        });
  }
}
