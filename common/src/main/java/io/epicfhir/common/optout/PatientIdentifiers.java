package io.epicfhir.common.optout;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;

/** The identifiers of a Patient that show who it is. */
public final class PatientIdentifiers {
  private PatientIdentifiers() {}

  /** Each as {@code system|value}; one without a value is nobody's, many patients have the same. */
  public static Set<String> of(JsonNode patient) {
    Set<String> all = new TreeSet<>();
    patient.path("identifier").forEach(one -> all.add(IdentifierReferences.of(one)));
    all.remove("");
    return all;
  }
}
