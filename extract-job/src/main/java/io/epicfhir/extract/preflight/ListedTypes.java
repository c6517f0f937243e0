package io.epicfhir.extract.preflight;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which resource types of an export the server lists in its CapabilityStatement. */
final class ListedTypes {
  /** The types that conf/views has tables of. */
  static final Set<String> WITH_TABLES =
      Set.of(
          """
          Account AdverseEvent AllergyIntolerance Appointment CarePlan CareTeam Claim Communication Condition
          Consent Coverage Device DiagnosticReport DocumentReference Encounter EpisodeOfCare ExplanationOfBenefit
          FamilyMemberHistory Flag Goal ImagingStudy Immunization List Location Medication
          MedicationAdministration MedicationDispense MedicationRequest MedicationStatement NutritionOrder
          Observation Organization Patient Practitioner PractitionerRole Procedure Provenance
          QuestionnaireResponse RelatedPerson ResearchSubject ServiceRequest Specimen SupplyDelivery Task
          """
              .strip()
              .split("\\s+"));

  private final List<String> asked;
  private final Set<String> listed;

  /**
   * @param asked those that the settings ask for
   * @param listed those that the server lists; where it lists none, nothing can be said
   */
  ListedTypes(List<String> asked, Set<String> listed) {
    this.asked = asked;
    this.listed = listed;
  }

  /** Those that are asked for although the server does not list them. */
  List<String> unlisted() {
    return listed.isEmpty()
        ? List.of()
        : asked.stream().filter(type -> !listed.contains(type)).sorted().toList();
  }

  /** Those that the server lists and conf/views has tables of, but nobody asks for. */
  List<String> notAskedFor() {
    Set<String> more = new TreeSet<>(listed);
    more.retainAll(WITH_TABLES);
    more.removeAll(Set.copyOf(asked));
    return List.copyOf(more);
  }

  /** What to ask for: what the server lists of it. */
  String setting() {
    return "bulk.types = ["
        + String.join(", ", asked.stream().filter(listed::contains).toList())
        + "]";
  }
}
