package io.epicfhir.transform.fhirpath.eval;

import io.epicfhir.transform.fhirpath.Expr;
import io.epicfhir.transform.fhirpath.FhirType;

/** What is read of an element. Compiling a path adds what the path needs. */
public interface Shape {
  /** A field of the element. */
  Shape child(String field, FhirType type, boolean list);

  /** All elements that a repeat reaches from this one. */
  Shape repeat(Expr.Repeat repeat);

  /** What is read of the id and the extensions beside any primitive element of the resource. */
  Shape sibling();

  /** Notes that a column is a key of resources of a type. */
  void refersTo(String resourceType);

  /** The field's place in the array of its element. */
  int slot();
}
