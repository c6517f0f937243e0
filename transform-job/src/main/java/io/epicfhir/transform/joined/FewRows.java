package io.epicfhir.transform.joined;

import static org.apache.spark.sql.functions.col;

import io.epicfhir.transform.delta.RowPositions;
import io.epicfhir.transform.delta.TableScan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.CatalystTypeConverters;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Compares old and new rows of some keys here: with few of them Spark would need more time to plan
 * the comparison than the rows need to come.
 */
final class FewRows {
  /** So many rows of a side are taken here at most. */
  private static final int MOST = 50_000;

  /** Of these types Java knows equal values as SQL does. */
  private static final Set<DataType> KEYS =
      Set.of(DataTypes.StringType, DataTypes.IntegerType, DataTypes.LongType, DataTypes.DateType);

  private final StructType columns;
  private final String key;
  private final RowDigest digest;

  /** All rows of one key: how many, and the sums of two hashes. */
  private static final class Sums {
    private long rows;
    private long first;
    private long second;

    void add(long sign, Row row, int at) {
      rows += sign;
      first += sign * row.getLong(at);
      second += sign * row.getLong(at + 1);
    }

    boolean differ() {
      return rows != 0 || first != 0 || second != 0;
    }
  }

  /**
   * What is to be done.
   *
   * @param come new rows
   * @param go where the rows are that they replace
   * @param keys of how many keys
   */
  record Change(List<InternalRow> come, RowPositions go, long keys) {}

  FewRows(StructType columns, String key) {
    this.columns = columns;
    this.key = key;
    this.digest = new RowDigest(columns);
  }

  /** Whether keys of this type can be compared here. */
  static boolean takes(DataType key) {
    return KEYS.contains(key);
  }

  /**
   * The rows of the keys that differ; empty where there are too many rows.
   *
   * @param fresh with the table's columns
   * @param stale with {@link TableScan#POSITION}, too
   */
  Optional<Change> difference(Dataset<Row> fresh, Dataset<Row> stale) {
    List<Row> old = rows(stale, List.of(column(key)), TableScan.POSITION);
    if (old.size() > MOST) {
      return Optional.empty();
    }
    List<Column> all = Arrays.stream(columns.fieldNames()).map(FewRows::column).toList();
    List<Row> made = rows(fresh, all, List.of());
    if (made.size() > MOST) {
      return Optional.empty();
    }
    int at = columns.fieldIndex(key);
    Map<Object, Sums> sums = new HashMap<>();
    made.forEach(row -> sums(sums, row.get(at)).add(1, row, columns.length()));
    old.forEach(row -> sums(sums, row.get(0)).add(-1, row, 1));
    List<InternalRow> come = new ArrayList<>();
    var convert = CatalystTypeConverters.createToCatalystConverter(columns);
    for (Row row : made) {
      if (sums.get(row.get(at)).differ()) {
        come.add((InternalRow) convert.apply(own(row)));
      }
    }
    RowPositions go = new RowPositions();
    for (Row row : old) {
      if (sums.get(row.get(0)).differ()) {
        go.add(row.getString(3), row.getLong(4));
      }
    }
    return Optional.of(new Change(come, go, sums.values().stream().filter(Sums::differ).count()));
  }

  /** Some columns, the two hashes behind them, and others behind those. */
  private List<Row> rows(Dataset<Row> from, List<Column> some, List<String> others) {
    List<Column> selected = new ArrayList<>(some);
    selected.addAll(List.of(digest.hashes()));
    others.forEach(name -> selected.add(column(name)));
    return from.select(selected.toArray(Column[]::new)).limit(MOST + 1).collectAsList();
  }

  private Row own(Row row) {
    Object[] values = new Object[columns.length()];
    Arrays.setAll(values, row::get);
    return RowFactory.create(values);
  }

  private static Sums sums(Map<Object, Sums> sums, Object key) {
    return sums.computeIfAbsent(key, any -> new Sums());
  }

  private static Column column(String name) {
    return col("`" + name + "`");
  }
}
