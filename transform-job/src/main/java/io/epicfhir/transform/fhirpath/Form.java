package io.epicfhir.transform.fhirpath;

import java.util.Map;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** How a FHIR type stands in Spark, and what it can be compared with. */
public enum Form {
  BOOLEAN(DataTypes.BooleanType),
  INTEGER(DataTypes.IntegerType),
  LONG(DataTypes.LongType),
  /** A string with the source's digits: a number type would round or pad them. */
  DECIMAL(DataTypes.StringType),
  TEXT(DataTypes.StringType),
  /** date, dateTime and instant: a string of any precision that the standard allows. */
  TIMESTAMP(DataTypes.StringType),
  TIME(DataTypes.StringType),
  /** An element with children. */
  COMPLEX(DataTypes.NullType),
  /** value[x] before ofType names one of its types. */
  CHOICE(DataTypes.NullType),
  /** The type of {}. */
  NOTHING(DataTypes.StringType);

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

  private final DataType sparkType;

  Form(DataType sparkType) {
    this.sparkType = sparkType;
  }

  /** The Spark type of one value. */
  public DataType sparkType() {
    return sparkType;
  }

  /** The form of a primitive FHIR type; text for all that are not numbers, booleans or times. */
  public static Form ofPrimitive(String fhirType) {
    return PRIMITIVES.getOrDefault(fhirType, TEXT);
  }

  boolean number() {
    return this == INTEGER || this == LONG || this == DECIMAL;
  }

  /** Whether a value of this form is a leaf. */
  public boolean primitive() {
    return this != COMPLEX && this != CHOICE;
  }
}
