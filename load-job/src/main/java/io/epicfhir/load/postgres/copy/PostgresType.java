package io.epicfhir.load.postgres.copy;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import io.epicfhir.load.spi.ColumnType;
import io.epicfhir.load.spi.TableShape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataTypes;

/** What PostgreSQL calls the types of columns, and the texts that it reads as their values. */
public final class PostgresType {
  private PostgresType() {}

  /** As PostgreSQL's format_type() writes it. */
  public static String sql(ColumnType type) {
    return switch (type) {
      case BOOLEAN -> "boolean";
      case INTEGER -> "integer";
      case BIGINT -> "bigint";
      case NUMERIC -> "numeric"; // without precision and scale, which would round
      case DOUBLE -> "double precision";
      case TEXT -> "text"; // without a length, which would refuse or cut
      case DATE -> "date";
      case TIME -> "time without time zone";
      case TIMESTAMPTZ -> "timestamp with time zone";
    };
  }

  /** A list is an array. */
  public static String sql(TableShape.Column column) {
    return sql(column.type()) + (column.collection() ? "[]" : "");
  }

  /** The OID of pg_type, the same in every database. */
  static int oid(ColumnType type) {
    return switch (type) {
      case BOOLEAN -> 16;
      case INTEGER -> 23;
      case BIGINT -> 20;
      case NUMERIC -> 1700;
      case DOUBLE -> 701;
      case TEXT -> 25;
      case DATE -> 1082;
      case TIME -> 1083;
      case TIMESTAMPTZ -> 1184;
    };
  }

  /**
   * What is copied: the UTF-8 of a text, which need not be decoded on its way, or a list of such.
   */
  static Column asBytes(TableShape.Column column) {
    Column value = col("`" + column.name() + "`");
    return (column.collection()
            ? transform(value, one -> bytes(column.type(), one))
            : bytes(column.type(), value))
        .as(column.name());
  }

  /** The text that PostgreSQL is to read, or a list of such. */
  public static Column asText(TableShape.Column column) {
    Column value = col("`" + column.name() + "`");
    return (column.collection()
            ? transform(value, one -> text(column.type(), one))
            : text(column.type(), value))
        .as(column.name());
  }

  private static Column bytes(ColumnType type, Column value) {
    return text(type, value).cast(DataTypes.BinaryType);
  }

  /**
   * A FHIR date may be a year or a month: it becomes its earliest point, and a date without a time
   * midnight UTC, the session's zone.
   */
  private static Column text(ColumnType type, Column value) {
    Column text = value.cast(DataTypes.StringType);
    if (!isPartly(type)) {
      return text;
    }
    return when(length(text).equalTo(4), concat(text, lit("-01-01")))
        .when(length(text).equalTo(7), concat(text, lit("-01")))
        .otherwise(text);
  }

  /** The same of a value that is in UTF-8 already; null stays. */
  static byte[] whole(ColumnType type, byte[] text) {
    if (text == null || !isPartly(type)) {
      return text;
    }
    return switch (text.length) {
      case 4 -> joined(text, "-01-01");
      case 7 -> joined(text, "-01");
      default -> text;
    };
  }

  /** Whether a value may be only the first part of a date. */
  private static boolean isPartly(ColumnType type) {
    return type == ColumnType.DATE || type == ColumnType.TIMESTAMPTZ;
  }

  private static byte[] joined(byte[] text, String end) {
    byte[] whole = Arrays.copyOf(text, text.length + end.length());
    System.arraycopy(end.getBytes(StandardCharsets.US_ASCII), 0, whole, text.length, end.length());
    return whole;
  }
}
