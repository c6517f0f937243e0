package io.epicfhir.transform.lookups;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;

/**
 * What names a line of a lookup with a column {@code code}: that column, with {@code system} where
 * there is one. A join by them finds one line at most, so it never doubles the rows of a table. A
 * lookup without such a column, such as a map of codes, has no key.
 */
final class LookupKey {
  private final String file;
  private final List<String> columns = new ArrayList<>();
  private final List<Integer> positions = new ArrayList<>();
  private final Map<List<Object>, Integer> lines = new HashMap<>();

  LookupKey(StructType schema, String file) {
    this.file = file;
    List<String> names =
        List.of(schema.fieldNames()).stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    if (names.contains("code")) {
      add("code", names.indexOf("code"));
      if (names.contains("system")) {
        add("system", names.indexOf("system"));
      }
    }
  }

  private void add(String column, int position) {
    columns.add(column);
    positions.add(position);
  }

  /**
   * Takes the next line. One without a code is found by no join.
   *
   * @throws LookupRefused where a line before has the same key
   */
  void take(Object[] values, int line) {
    if (columns.isEmpty() || values[positions.get(0)] == null) {
      return;
    }
    Integer before = lines.putIfAbsent(positions.stream().map(at -> values[at]).toList(), line);
    if (before != null) {
      throw repeated(line, "the line has the same " + named() + " as line " + before);
    }
  }

  /**
   * The same rows, checked all at once by Spark.
   *
   * @throws LookupRefused where two have the same key
   */
  Dataset<Row> checked(Dataset<Row> rows) {
    if (!columns.isEmpty()) {
      Column[] keys = columns.stream().map(functions::col).toArray(Column[]::new);
      Dataset<Row> counted = rows.filter(keys[0].isNotNull()).groupBy(keys).count();
      if (!counted.filter("count > 1").isEmpty()) {
        throw repeated(0, "two lines have the same " + named());
      }
    }
    return rows;
  }

  private String named() {
    return String.join(" and ", columns);
  }

  private LookupRefused repeated(int line, String what) {
    return new LookupRefused(
        file,
        line,
        what
            + ", so a join would double rows; remove one of the two, or, if a code may have several"
            + " lines, rename the column code to source_code");
  }
}
