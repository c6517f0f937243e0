package io.epicfhir.transform.joined;

import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.FlatRows;
import io.epicfhir.transform.delta.InternalRows;
import io.epicfhir.transform.delta.LiveRows;
import io.epicfhir.transform.delta.RowPositions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.roaringbitmap.RoaringBitmap;

/**
 * Old and new rows of some keys, compared here: with few of them Spark would need more time to plan
 * the comparison than the rows need to come.
 */
final class FewRows {
  /** So many rows of a side are compared at most, and so many bytes are taken. */
  static final int MOST = 50_000;

  private static final long MOST_BYTES = 64L << 20;

  /** Of these types Java knows equal values as SQL does. */
  private static final Set<DataType> KEYS =
      Set.of(DataTypes.StringType, DataTypes.IntegerType, DataTypes.LongType, DataTypes.DateType);

  private final StructType columns;
  private final int key;
  private final KeyFilter keys;

  /** A row of the table, and where it lies: the file's path as a URI. */
  record Old(UnsafeRow row, String file, int position) {}

  /**
   * What is to be done.
   *
   * @param come new rows
   * @param go where the rows are that they replace
   * @param keys of how many keys
   */
  record Change(List<InternalRow> come, RowPositions go, long keys) {}

  /**
   * @param columns of the table
   * @param keys in Spark's own form
   */
  FewRows(StructType columns, String key, Set<Object> keys) {
    this.columns = columns;
    this.key = columns.fieldIndex(key);
    this.keys = new KeyFilter(keys);
  }

  /** Whether keys of this type can be compared here. */
  static boolean takes(DataType key) {
    return KEYS.contains(key);
  }

  /** The rows of the keys in a table's files; empty where there are too many. */
  Optional<List<Old>> in(List<DataFile> files, Lake lake, Path table) {
    LiveRows keysOnly = new LiveRows(lake, table, new StructType().add(columns.apply(key)));
    LiveRows whole = new LiveRows(lake, table, columns);
    List<Old> found = new ArrayList<>();
    long bytes = 0;
    for (DataFile file : files) {
      RoaringBitmap here = ofKeys(file, keysOnly);
      if (found.size() + here.getLongCardinality() > MOST) {
        return Optional.empty();
      }
      bytes += take(file, here, whole, found);
      if (bytes > MOST_BYTES) {
        return Optional.empty();
      }
    }
    return Optional.of(found);
  }

  /** Where rows of the keys are. */
  private RoaringBitmap ofKeys(DataFile file, LiveRows keysOnly) {
    RoaringBitmap positions = new RoaringBitmap();
    keysOnly.read(
        file,
        (row, path, position) -> {
          if (isOfKeys(row, 0)) {
            positions.add(position);
          }
        });
    return positions;
  }

  private long take(DataFile file, RoaringBitmap here, LiveRows whole, List<Old> found) {
    FlatRows flat = new FlatRows(columns, columns);
    long[] bytes = new long[1];
    whole.readOnly(
        file,
        here,
        (row, path, position) -> {
          if (bytes[0] <= MOST_BYTES) {
            UnsafeRow own = flat.of(row);
            bytes[0] += own.getSizeInBytes();
            found.add(new Old(own, path, position));
          }
        });
    return bytes[0];
  }

  /** Of rows that the SQL gives those of the keys. */
  List<UnsafeRow> of(List<InternalRow> rows) {
    FlatRows flat = new FlatRows(columns, columns);
    return rows.stream().filter(row -> isOfKeys(row, key)).map(flat::of).toList();
  }

  private boolean isOfKeys(InternalRow row, int at) {
    return keys.has(key(row, at));
  }

  private Object key(InternalRow row, int at) {
    return InternalRows.value(row, at, columns.apply(key).dataType());
  }

  /** The rows of the keys that differ. */
  Change difference(List<UnsafeRow> fresh, List<Old> old) {
    Map<Object, Map<UnsafeRow, Integer>> more = new HashMap<>();
    fresh.forEach(row -> add(more, row, 1));
    old.forEach(one -> add(more, one.row(), -1));
    more.values().removeIf(rows -> rows.values().stream().allMatch(times -> times == 0));
    List<InternalRow> come = new ArrayList<>(fresh);
    come.removeIf(row -> !more.containsKey(key(row, key)));
    RowPositions go = new RowPositions();
    old.stream()
        .filter(one -> more.containsKey(key(one.row(), key)))
        .forEach(one -> go.add(one.file(), one.position()));
    return new Change(come, go, more.size());
  }

  /** How often a row of its key is there more than before. */
  private void add(Map<Object, Map<UnsafeRow, Integer>> more, UnsafeRow row, int sign) {
    more.computeIfAbsent(key(row, key), any -> new HashMap<>()).merge(row, sign, Integer::sum);
  }
}
