/**
 * FHIRPath, from text to evaluation: HAPI parses, {@link io.epicfhir.transform.fhirpath.Typing}
 * resolves names against the R4 definitions, {@link
 * io.epicfhir.transform.fhirpath.eval.EvalCompiler} compiles what is evaluated.
 */
package io.epicfhir.transform.fhirpath;
