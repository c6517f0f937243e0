/**
 * FHIRPath, from text to Spark: HAPI parses, {@link io.epicfhir.transform.fhirpath.Typing} resolves
 * names against the R4 definitions, {@link io.epicfhir.transform.fhirpath.Lowering} writes built-in
 * columns.
 */
package io.epicfhir.transform.fhirpath;
