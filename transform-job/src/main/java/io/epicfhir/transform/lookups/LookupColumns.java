package io.epicfhir.transform.lookups;

import io.epicfhir.common.ColumnMetadata;
import java.math.BigDecimal;
import java.sql.Date;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MetadataBuilder;
import org.apache.spark.sql.types.StructType;

/** The columns of lookups, and the values that they take. */
public final class LookupColumns {
  /** What lookups of FHIR's terminology resources have. */
  private static final List<String> OF_FHIR =
      List.of(
          "system",
          "version",
          "code",
          "display",
          "inactive:boolean",
          "source_system",
          "source_code",
          "target_system",
          "target_code",
          "relationship");

  private static final Map<String, DataType> TYPES =
      Map.of(
          "string", DataTypes.StringType,
          "code", DataTypes.StringType,
          // As in views: the digits as they are written.
          "decimal", DataTypes.StringType,
          "integer", DataTypes.IntegerType,
          "integer64", DataTypes.LongType,
          "boolean", DataTypes.BooleanType,
          "date", DataTypes.DateType);

  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");
  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?");

  private LookupColumns() {}

  /**
   * Columns of their definitions, {@code name} or {@code name:type}.
   *
   * @throws IllegalArgumentException saying what is wrong with one
   */
  static StructType of(List<String> definitions) {
    StructType columns = new StructType();
    for (String definition : definitions) {
      String[] parts = definition.strip().split("\\s*:\\s*", 2);
      String type = parts.length == 1 ? "string" : parts[1];
      if (!NAME.matcher(parts[0]).matches()) {
        throw new IllegalArgumentException(
            "\""
                + parts[0]
                + "\" is not a valid column name: use letters, digits and _, beginning with a letter");
      }
      if (!TYPES.containsKey(type)) {
        throw new IllegalArgumentException(
            "\""
                + type
                + "\" is not a column type; use one of "
                + String.join(", ", TYPES.keySet().stream().sorted().toList()));
      }
      if (List.of(columns.fieldNames()).stream().anyMatch(parts[0]::equalsIgnoreCase)) {
        throw new IllegalArgumentException("the column " + parts[0] + " occurs twice");
      }
      columns =
          columns.add(
              parts[0],
              TYPES.get(type),
              true,
              new MetadataBuilder()
                  .putString(ColumnMetadata.FHIR_TYPE, type)
                  .putBoolean(ColumnMetadata.COLLECTION, false)
                  .build());
    }
    return columns;
  }

  /**
   * The columns of a lookup that is not there.
   *
   * @param definitions empty for all that a lookup of FHIR has
   * @throws IllegalArgumentException saying what is wrong with one
   */
  public static StructType missing(List<String> definitions) {
    return of(definitions.isEmpty() ? OF_FHIR : definitions);
  }

  /**
   * A value of its text.
   *
   * @throws IllegalArgumentException saying what was expected
   */
  static Object value(String text, String type) {
    try {
      return switch (type) {
        case "integer" -> Integer.valueOf(text);
        case "integer64" -> Long.valueOf(text);
        case "decimal" -> decimal(text);
        case "boolean" -> flag(text);
        case "date" -> Date.valueOf(LocalDate.parse(text));
        default -> text;
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "a value is not " + (type.startsWith("int") ? "an " : "a ") + type, e);
    } catch (DateTimeException e) {
      throw new IllegalArgumentException("a value is not a date like 2024-01-31", e);
    }
  }

  private static String decimal(String text) {
    if (!DECIMAL.matcher(text).matches()) {
      throw new NumberFormatException();
    }
    return new BigDecimal(text).signum() == 0 && text.startsWith("-") ? text.substring(1) : text;
  }

  private static Boolean flag(String text) {
    if (text.equals("true") || text.equals("false")) {
      return Boolean.valueOf(text);
    }
    throw new IllegalArgumentException("a value is neither true nor false");
  }
}
