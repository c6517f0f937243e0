package io.epicfhir.load.spi;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;

/** What one value of a column is, chosen so that no digit and no precision is lost. */
public enum ColumnType {
  BOOLEAN,
  INTEGER,
  BIGINT,
  /** Without precision and scale, which would round. */
  NUMERIC,
  DOUBLE,
  /** Without a length, which would refuse or cut. */
  TEXT,
  DATE,
  TIME,
  /** Also for TIMESTAMP without a zone, as a target could drop the zone of a value unsaid. */
  TIMESTAMPTZ;

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
}
