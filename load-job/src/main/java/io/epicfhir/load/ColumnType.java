package io.epicfhir.load;

import static org.apache.spark.sql.functions.concat;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/** The PostgreSQL type of one value, chosen so that no digit and no precision is lost. */
enum ColumnType {
  BOOLEAN("boolean", 16),
  INTEGER("integer", 23),
  BIGINT("bigint", 20),
  /** Without precision and scale, which would round. */
  NUMERIC("numeric", 1700),
  DOUBLE("double precision", 701),
  /** Without a length, which would refuse or cut. */
  TEXT("text", 25),
  DATE("date", 1082),
  TIME("time without time zone", 1083),
  /** Also for TIMESTAMP without a zone, as PostgreSQL would drop the zone of a value unsaid. */
  TIMESTAMPTZ("timestamp with time zone", 1184);

  private static final Map<String, ColumnType> ANSI =
      Map.ofEntries(
          Map.entry("BOOLEAN", BOOLEAN),
          Map.entry("SMALLINT", INTEGER),
          Map.entry("INT", INTEGER),
          Map.entry("INTEGER", INTEGER),
          Map.entry("BIGINT", BIGINT),
          Map.entry("NUMERIC", NUMERIC),
          Map.entry("DECIMAL", NUMERIC),
          Map.entry("DEC", NUMERIC),
          Map.entry("REAL", DOUBLE),
          Map.entry("FLOAT", DOUBLE),
          Map.entry("DOUBLE PRECISION", DOUBLE),
          Map.entry("CHARACTER", TEXT),
          Map.entry("CHAR", TEXT),
          Map.entry("CHARACTER VARYING", TEXT),
          Map.entry("CHAR VARYING", TEXT),
          Map.entry("VARCHAR", TEXT),
          Map.entry("CHARACTER LARGE OBJECT", TEXT),
          Map.entry("CLOB", TEXT),
          Map.entry("TEXT", TEXT),
          Map.entry("DATE", DATE),
          Map.entry("TIME", TIME),
          Map.entry("TIMESTAMP", TIMESTAMPTZ),
          Map.entry("TIMESTAMP WITH TIME ZONE", TIMESTAMPTZ),
          Map.entry("TIMESTAMP WITHOUT TIME ZONE", TIMESTAMPTZ));

  private final String sql;
  private final int oid;

  /** The name and the OID of pg_type. */
  ColumnType(String sql, int oid) {
    this.sql = sql;
    this.oid = oid;
  }

  /** What PostgreSQL's catalog calls it, the same in every database. */
  int oid() {
    return oid;
  }

  /** As PostgreSQL's format_type() writes it. */
  String sql() {
    return sql;
  }

  /**
   * The type by an ansi/type tag: its family counts, never a limit in brackets; empty for a tag
   * that is not known.
   */
  static Optional<ColumnType> ofAnsi(String tag) {
    String family =
        tag.toUpperCase(Locale.ROOT).replaceAll("\\([^)]*\\)", " ").replaceAll("\\s+", " ").strip();
    return Optional.ofNullable(ANSI.get(family));
  }

  /** The type by what the view's column holds; empty where no table can hold it. */
  static Optional<ColumnType> of(DataType spark, String fhirType) {
    if (spark.equals(DataTypes.StringType)) {
      return Optional.of(
          switch (fhirType) {
            case "decimal" -> NUMERIC;
            case "instant" -> TIMESTAMPTZ;
            default -> TEXT;
          });
    }
    if (spark instanceof DecimalType) {
      return Optional.of(NUMERIC);
    }
    return Optional.ofNullable(
        Map.of(
                DataTypes.BooleanType, BOOLEAN,
                DataTypes.IntegerType, INTEGER,
                DataTypes.LongType, BIGINT,
                DataTypes.DoubleType, DOUBLE,
                DataTypes.DateType, DATE,
                DataTypes.TimestampType, TIMESTAMPTZ)
            .get(spark));
  }

  /**
   * The text that PostgreSQL reads as this type, in UTF-8: as bytes it need not be decoded on its
   * way. A FHIR date may be a year or a month: it becomes its earliest point, and a date without a
   * time midnight UTC, the session's zone.
   */
  Column asBytes(Column value) {
    return asText(value).cast(DataTypes.BinaryType);
  }

  /** As {@link #asBytes}, as a text. */
  Column asText(Column value) {
    Column text = value.cast(DataTypes.StringType);
    if (this != DATE && this != TIMESTAMPTZ) {
      return text;
    }
    return when(length(text).equalTo(4), concat(text, lit("-01-01")))
        .when(length(text).equalTo(7), concat(text, lit("-01")))
        .otherwise(text);
  }

  /** As {@link #asBytes}, of a value that is in UTF-8 already; null stays. */
  byte[] whole(byte[] text) {
    if (text == null || (this != DATE && this != TIMESTAMPTZ)) {
      return text;
    }
    return switch (text.length) {
      case 4 -> joined(text, "-01-01");
      case 7 -> joined(text, "-01");
      default -> text;
    };
  }

  private static byte[] joined(byte[] text, String end) {
    byte[] whole = Arrays.copyOf(text, text.length + end.length());
    System.arraycopy(end.getBytes(StandardCharsets.US_ASCII), 0, whole, text.length, end.length());
    return whole;
  }
}
