package io.epicfhir.extract.crawl.pages;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The patients that a resource belongs to, by the elements that put it into a patient's
 * compartment; standard: https://hl7.org/fhir/R4/compartmentdefinition-patient.html. Whatever the
 * server calls its own address, the id is what comes after {@code Patient/}.
 */
final class PatientFields {
  private static final Set<String> OWNERS =
      Set.of("subject", "patient", "beneficiary", "for", "individual", "securityContext");
  private static final String PATIENT = "Patient";
  private static final String PROVENANCE = "Provenance";
  private static final String TARGET = "target";

  /** The element itself, or one of a list. */
  private static final int DEEPEST = 3;

  private final Set<String> owners = new LinkedHashSet<>();
  private final Set<String> targets = new LinkedHashSet<>();

  /**
   * Looks at a reference.
   *
   * @param field the resource's own element that holds it
   * @param depth of the reference's text; 1 is the resource's own elements
   */
  void reference(String field, int depth, String text) {
    if (depth > DEEPEST) {
      return;
    }
    if (OWNERS.contains(field)) {
      add(text, owners);
    } else if (field.equals(TARGET)) {
      add(text, targets);
    }
  }

  private static void add(String reference, Set<String> patients) {
    String id = id(reference);
    if (!id.isEmpty()) {
      patients.add(id);
    }
  }

  /** The patient's id; empty where the reference leads to none. */
  private static String id(String reference) {
    String[] parts = reference.split("/", -1);
    for (int i = parts.length - 2; i >= 0; i--) {
      if (parts[i].equals(PATIENT)) {
        return parts[i + 1].replaceFirst("[?#|\\s].*", "");
      }
    }
    return "";
  }

  /** The patients of a resource of this type and id. */
  List<String> patients(String type, String id) {
    return switch (type) {
      case PATIENT -> id.isEmpty() ? List.of() : List.of(id);
      case PROVENANCE -> List.copyOf(targets);
      default -> List.copyOf(owners);
    };
  }
}
