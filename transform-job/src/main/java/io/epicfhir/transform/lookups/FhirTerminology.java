package io.epicfhir.transform.lookups;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** The rows of a CodeSystem, ValueSet or ConceptMap that is in no file of the site. */
public final class FhirTerminology {
  private FhirTerminology() {}

  /**
   * As the lookup's table would have them.
   *
   * @param about what to call the resource in a complaint
   * @throws LookupRefused where it does not hold all of its codes
   */
  public static Dataset<Row> rows(SparkSession spark, String json, String about) {
    LookupContent content = FhirLookup.read(json, about);
    return spark.createDataFrame(content.rows(), content.columns());
  }
}
