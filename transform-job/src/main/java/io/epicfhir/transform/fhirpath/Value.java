package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.flatten;
import static org.apache.spark.sql.functions.get;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.when;

import java.util.function.Function;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;

/**
 * What a path has become. A single value is a column, null where there is none. Many values are an
 * array column: null counts as empty, and a loose array may hold nulls that are no values.
 *
 * @param column null for the resource itself, whose elements are the columns of the parse
 * @param guard for the resource itself: when it counts, or null for always
 */
record Value(Column column, Column guard, boolean many, boolean loose) {

  static Value single(Column column) {
    return new Value(column, null, false, false);
  }

  static Value dense(Column array) {
    return new Value(array, null, true, false);
  }

  static Value resource() {
    return new Value(null, null, false, false);
  }

  /** The child element of each value. */
  Value field(String name, boolean list) {
    if (column == null) {
      Column child = col("`" + name + "`");
      return new Value(guard == null ? child : when(guard, child), null, list, false);
    }
    if (!many) {
      return new Value(column.getField(name), null, list, false);
    }
    // The parse never gives a null list inside an element, so flatten cannot lose the others.
    return list
        ? dense(flatten(array().getField(name)))
        : new Value(column.getField(name), null, true, true);
  }

  /** The values as an array without nulls; the array itself may be null. */
  Column array() {
    if (!many) {
      return when(column.isNotNull(), functions.array(column));
    }
    return loose ? filter(column, Column::isNotNull) : column;
  }

  Column exists() {
    if (column == null) {
      return guard == null ? lit(true) : coalesce(guard, lit(false));
    }
    if (!many) {
      return column.isNotNull();
    }
    Column any = loose ? functions.exists(column, Column::isNotNull) : size(column).gt(0);
    return coalesce(any, lit(false));
  }

  Column count() {
    return many ? coalesce(size(array()), lit(0)) : when(exists(), lit(1)).otherwise(lit(0));
  }

  /** Those that meet the criteria. */
  Value where(Function<Value, Column> criteria) {
    if (column == null) {
      Column met = coalesce(criteria.apply(this), lit(false));
      return new Value(null, guard == null ? met : guard.and(met), false, false);
    }
    if (!many) {
      return single(when(criteria.apply(this), column));
    }
    return dense(
        filter(
            column,
            item -> {
              Column met = criteria.apply(single(item));
              return loose ? item.isNotNull().and(met) : met;
            }));
  }

  /** One of many; -1 is the last. */
  Value item(int index) {
    if (!many) {
      return index <= 0 ? this : single(when(lit(false), column));
    }
    Column array = array();
    return single(index < 0 ? get(array, size(array).minus(1)) : get(array, lit(index)));
  }

  /**
   * The same as an array of one or none; computed once, where an array of the item would do it
   * twice.
   */
  Column slice(int index) {
    return functions.slice(array(), index < 0 ? -1 : index + 1, 1);
  }
}
