package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.try_to_timestamp;
import static org.apache.spark.sql.functions.unix_micros;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;

/** Compares single values; null where FHIRPath has no answer. */
final class Comparison {
  private static final int DATE_LENGTH = 10;
  private static final int SECONDS_LENGTH = 8;

  private Comparison() {}

  static Column equal(Column left, Form l, Column right, Form r) {
    return switch (l) {
      case BOOLEAN, TEXT, NOTHING -> left.equalTo(right);
      case TIMESTAMP, TIME -> order(left, l, right, r).equalTo(0);
      default -> integers(l, r) ? left.equalTo(right) : order(left, l, right, r).equalTo(0);
    };
  }

  /**
   * Negative, zero or positive; null where a value is missing or the precisions do not allow it.
   */
  static Column order(Column left, Form l, Column right, Form r) {
    return switch (l) {
      case TIMESTAMP -> timestamps(left, right);
      case TIME -> times(left, right);
      case DECIMAL, INTEGER, LONG ->
          integers(l, r)
              ? sign(left, right)
              : sign(Numbers.sortable(left), Numbers.sortable(right));
      default -> sign(left, right);
    };
  }

  private static boolean integers(Form l, Form r) {
    return l != Form.DECIMAL && r != Form.DECIMAL;
  }

  private static Column sign(Column left, Column right) {
    return when(left.lt(right), lit(-1))
        .when(left.gt(right), lit(1))
        .when(left.equalTo(right), lit(0));
  }

  /**
   * With a time on both sides they are compared as instants; else by the digits that both have, and
   * where those are equal but one has more, there is no answer.
   */
  private static Column timestamps(Column left, Column right) {
    Column bothTimed = length(left).gt(DATE_LENGTH).and(length(right).gt(DATE_LENGTH));
    return when(bothTimed, sign(micros(left), micros(right)))
        .otherwise(digits(date(left), date(right), left, right));
  }

  private static Column date(Column value) {
    return substring(value, 1, DATE_LENGTH);
  }

  private static Column micros(Column value) {
    return unix_micros(try_to_timestamp(value));
  }

  private static Column times(Column left, Column right) {
    Column bothWhole = length(left).geq(SECONDS_LENGTH).and(length(right).geq(SECONDS_LENGTH));
    return when(bothWhole, sign(trimmed(left), trimmed(right)))
        .otherwise(digits(left, right, left, right));
  }

  /** A fraction without its closing zeros, so that text order is time order. */
  private static Column trimmed(Column time) {
    return when(time.contains("."), regexp_replace(time, "\\.?0+$", "")).otherwise(time);
  }

  private static Column digits(Column left, Column right, Column leftWhole, Column rightWhole) {
    Column shared = least(length(left), length(right));
    Column order = sign(left.substr(lit(1), shared), right.substr(lit(1), shared));
    return when(order.notEqual(0), order)
        .when(length(leftWhole).equalTo(length(rightWhole)), order);
  }
}
