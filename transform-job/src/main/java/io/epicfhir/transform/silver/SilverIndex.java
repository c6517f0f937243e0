package io.epicfhir.transform.silver;

import io.epicfhir.common.SideBySide;
import io.epicfhir.common.delta.DataFile;
import io.epicfhir.common.delta.TableSnapshot;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.transform.delta.LiveRows;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.util.ArrayData;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/** Rows of silver by their resources, without the texts, read in this process. */
final class SilverIndex {
  private static final String[] NAMES = {
    "id",
    "deleted",
    "content_hash",
    "subsetted",
    "last_updated",
    "version_id",
    "source",
    "export_id",
    "export_time",
    "commit_time",
    "order_time",
    "held_by"
  };

  private SilverIndex() {}

  /**
   * The rows that are wanted.
   *
   * @param types whose rows are looked through
   * @param wanted which of those are
   */
  static Map<ResourceKey, SilverRow> of(
      Lake lake,
      Path table,
      TableSnapshot snapshot,
      Set<String> types,
      Predicate<ResourceKey> wanted) {
    StructType columns = new StructType();
    for (String name : NAMES) {
      columns = columns.add(SilverSchema.COLUMNS.apply(name));
    }
    LiveRows rows = new LiveRows(lake, table, columns);
    Map<ResourceKey, SilverRow> index = new ConcurrentHashMap<>();
    SideBySide.forEach(
        snapshot.files().stream().filter(file -> types.contains(type(file))).toList(),
        file -> {
          String type = type(file);
          rows.read(
              file,
              (row, path, position) -> {
                ResourceKey key = new ResourceKey(type, row.getUTF8String(0));
                if (wanted.test(key)) {
                  index.put(new ResourceKey(type, key.id().copy()), silverRow(row, path, position));
                }
              });
        });
    return index;
  }

  private static String type(DataFile file) {
    return file.partitionValues().get(SilverSchema.PARTITION);
  }

  private static SilverRow silverRow(InternalRow row, String file, int position) {
    boolean part = !row.isNullAt(3) && row.getBoolean(3);
    Rank rank =
        new Rank(
            part ? Rank.PART : Rank.WHOLE,
            number(row, 10),
            Rank.number(text(row, 5)),
            number(row, 8),
            number(row, 9),
            number(row, 2));
    return new SilverRow(
        row.getBoolean(1),
        rank,
        texts(row.getArray(11)),
        text(row, 6),
        text(row, 7),
        SilverRow.isFloating(number(row, 4), number(row, 8)),
        file,
        position);
  }

  private static Set<UTF8String> texts(ArrayData values) {
    Set<UTF8String> texts = new TreeSet<>();
    for (int i = 0; values != null && i < values.numElements(); i++) {
      texts.add(values.getUTF8String(i).copy());
    }
    return texts;
  }

  private static UTF8String text(InternalRow row, int column) {
    return row.isNullAt(column) ? null : row.getUTF8String(column).copy();
  }

  private static Long number(InternalRow row, int column) {
    return row.isNullAt(column) ? null : (Long) row.getLong(column);
  }
}
