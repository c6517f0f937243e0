package io.epicfhir.transform.fhirpath;

import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** How a FHIR type stands in Spark, and what it can be compared with. */
public enum Form {
  BOOLEAN,
  INTEGER,
  LONG,
  /** A string with the source's digits: a number type would round or pad them. */
  DECIMAL,
  TEXT,
  /** date, dateTime and instant: a string of any precision that the standard allows. */
  TIMESTAMP,
  TIME,
  /** An element with children. */
  COMPLEX,
  /** value[x] before ofType names one of its types. */
  CHOICE,
  /** The type of {}. */
  NOTHING;

  private static final Map<String, Form> PRIMITIVES =
      Map.ofEntries(
          Map.entry("boolean", BOOLEAN),
          Map.entry("integer", INTEGER),
          Map.entry("positiveInt", INTEGER),
          Map.entry("unsignedInt", INTEGER),
          Map.entry("integer64", LONG),
          Map.entry("decimal", DECIMAL),
          Map.entry("date", TIMESTAMP),
          Map.entry("dateTime", TIMESTAMP),
          Map.entry("instant", TIMESTAMP),
          Map.entry("time", TIME));

  private static final Set<String> TEXTS =
      Set.of(
          "base64Binary",
          "canonical",
          "code",
          "id",
          "markdown",
          "oid",
          "string",
          "uri",
          "url",
          "uuid",
          "xhtml");

  /** The Spark type of one value. */
  public DataType sparkType() {
    return switch (this) {
      case BOOLEAN -> DataTypes.BooleanType;
      case INTEGER -> DataTypes.IntegerType;
      case LONG -> DataTypes.LongType;
      case DECIMAL, TEXT, TIMESTAMP, TIME, NOTHING -> DataTypes.StringType;
      case COMPLEX, CHOICE -> DataTypes.NullType;
    };
  }

  /** The form of a primitive FHIR type; text for all that are not numbers, booleans or times. */
  public static Form ofPrimitive(String fhirType) {
    return PRIMITIVES.getOrDefault(fhirType, TEXT);
  }

  /** Whether FHIR has a primitive type of that name. */
  public static boolean isPrimitive(String fhirType) {
    return PRIMITIVES.containsKey(fhirType) || TEXTS.contains(fhirType);
  }

  /** Whether a value of this form is a number. */
  public boolean number() {
    return this == INTEGER || this == LONG || this == DECIMAL;
  }

  /** Whether a value of this form is a leaf. */
  public boolean primitive() {
    return this != COMPLEX && this != CHOICE;
  }
}
