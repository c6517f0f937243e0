/**
 * FHIRPath, from text to evaluation: HAPI cuts the text into tokens, {@link
 * io.epicfhir.transform.fhirpath.PathParser} makes a tree of them, {@link
 * io.epicfhir.transform.fhirpath.Typing} resolves names against the R4 definitions, {@link
 * io.epicfhir.transform.fhirpath.eval.EvalCompiler} compiles what is evaluated.
 */
package io.epicfhir.transform.fhirpath;
