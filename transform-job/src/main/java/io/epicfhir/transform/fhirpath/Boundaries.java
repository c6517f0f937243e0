package io.epicfhir.transform.fhirpath;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.last_day;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.regexp_extract;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.repeat;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The least and the greatest value that a value of its written precision can stand for. */
final class Boundaries {
  private static final int MONTH_LENGTH = 7;
  private static final int YEAR_LENGTH = 4;
  private static final int SCALE = 18;
  private static final DataType WIDE = DataTypes.createDecimalType(38, SCALE);
  private static final String ZONE = "(Z|[+-][0-9]{2}:[0-9]{2})$";

  private Boundaries() {}

  /** 1.0 stands for all from 0.95 to 1.05: half a unit of its last digit on either side. */
  static Column decimal(Column number, boolean low) {
    Column digits = Numbers.digitsAfterPoint(number);
    Column half = concat(lit("0."), repeat(lit("0"), digits), lit("5")).try_cast(WIDE);
    Column value = number.try_cast(WIDE);
    Column bound =
        (low ? value.minus(half) : value.plus(half)).cast(WIDE).cast(DataTypes.StringType);
    return bound.substr(lit(1), length(bound).minus(lit(SCALE - 1)).plus(digits));
  }

  static Column date(Column date, boolean low) {
    return low ? filled(date, "0000-01-01") : lastDay(date);
  }

  /** Where the zone is not known, the earliest is in the zone +14:00 and the latest in -12:00. */
  static Column dateTime(Column value, boolean low) {
    Column timed = length(value).gt("0000-00-00".length());
    Column zone = when(timed, regexp_extract(value, ZONE, 1)).otherwise(lit(""));
    Column local =
        when(timed, regexp_replace(value, ZONE, "")).otherwise(low ? value : lastDay(value));
    Column whole = filled(local, low ? "0000-01-01T00:00:00.000" : "0000-12-31T23:59:59.999");
    return concat(whole, when(zone.notEqual(""), zone).otherwise(lit(low ? "+14:00" : "-12:00")));
  }

  static Column time(Column time, boolean low) {
    return filled(time, low ? "00:00:00.000" : "00:59:59.999");
  }

  private static Column lastDay(Column date) {
    Column endOfMonth = last_day(concat(date, lit("-01")).try_cast(DataTypes.DateType));
    return when(length(date).equalTo(YEAR_LENGTH), concat(date, lit("-12-31")))
        .when(
            length(date).equalTo(MONTH_LENGTH),
            coalesce(endOfMonth.cast(DataTypes.StringType), date))
        .otherwise(date);
  }

  /** The value, and from its end on the template. */
  private static Column filled(Column value, String template) {
    return concat(value, lit(template).substr(length(value).plus(1), lit(template.length())));
  }
}
