/**
 * Resolved paths as small trees of plain Java objects that are evaluated directly over what the
 * parser gives: an element is an array of its fields' values, a list an array of its items, a text
 * or a decimal a slice of the resource's bytes.
 */
package io.epicfhir.transform.fhirpath.eval;
