package io.epicfhir.common.optout;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The resource types of <a href="https://hl7.org/fhir/R4/resourcelist.html">FHIR R4</a>. */
public final class FhirTypes {
  private static final String OTHERS =
      """
      Account AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
      Binary BodyStructure Bundle CarePlan CareTeam ChargeItem Claim ClaimResponse
      ClinicalImpression Communication CommunicationRequest Composition Condition Consent Contract
      Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue DeviceRequest
      DeviceUseStatement DiagnosticReport DocumentManifest DocumentReference Encounter
      EnrollmentRequest EnrollmentResponse EpisodeOfCare ExplanationOfBenefit FamilyMemberHistory
      Flag Goal Group GuidanceResponse ImagingStudy Immunization ImmunizationEvaluation
      ImmunizationRecommendation Invoice List Linkage Media MedicationAdministration
      MedicationDispense MedicationRequest MedicationStatement MessageHeader MolecularSequence
      NutritionOrder Observation OperationOutcome Parameters Patient PaymentNotice
      PaymentReconciliation Person Procedure Provenance QuestionnaireResponse RelatedPerson
      RequestGroup ResearchSubject RiskAssessment ServiceRequest Specimen SupplyDelivery
      SupplyRequest Task VisionPrescription""";

  private static final String NOT_ABOUT_ONE_PATIENT =
      """
      ActivityDefinition BiologicallyDerivedProduct CapabilityStatement CatalogEntry
      ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap Device DeviceDefinition
      DeviceMetric EffectEvidenceSynthesis Endpoint EventDefinition Evidence EvidenceVariable
      ExampleScenario GraphDefinition HealthcareService ImplementationGuide InsurancePlan Library
      Location Measure MeasureReport Medication MedicationKnowledge MessageDefinition NamingSystem
      ObservationDefinition OperationDefinition Organization OrganizationAffiliation PlanDefinition
      Practitioner PractitionerRole Questionnaire ResearchDefinition ResearchElementDefinition
      ResearchStudy RiskEvidenceSynthesis Schedule SearchParameter Slot SpecimenDefinition
      StructureDefinition StructureMap Subscription Substance SubstanceSpecification
      TerminologyCapabilities TestReport TestScript ValueSet VerificationResult""";

  private static final Set<String> SHARED = words(NOT_ABOUT_ONE_PATIENT);
  private static final Set<String> OF_PATIENTS = words(OTHERS);
  private static final Set<String> ALL = words(OTHERS + " " + NOT_ABOUT_ONE_PATIENT);

  /** In the words of a column or table, such as medication_request. */
  private static final Map<String, String> BY_WORDS = byWords();

  private FhirTypes() {}

  private static Set<String> words(String text) {
    return Set.of(text.strip().split("\\s+", -1));
  }

  private static Map<String, String> byWords() {
    Map<String, String> types = new TreeMap<>();
    ALL.forEach(
        type ->
            types.put(
                type.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT), type));
    // Views that are not called as their resource is.
    Stream.of("laboratory_result", "vital_signs").forEach(v -> types.put(v, "Observation"));
    types.put("imaging_series", "ImagingStudy");
    return types;
  }

  /** Whether it is a resource type. */
  public static boolean isType(String word) {
    return ALL.contains(word);
  }

  /**
   * Whether resources of the type serve many patients, also where one names a patient: who refers
   * to such a device or practitioner need not have to do with that patient.
   */
  public static boolean isShared(String type) {
    return SHARED.contains(type);
  }

  /** The types whose resources are about one patient, mostly. */
  static Set<String> ofPatients() {
    return OF_PATIENTS;
  }

  /** The type that a name in snake case is; empty where it is none. */
  static String ofWords(String words) {
    return BY_WORDS.getOrDefault(words, "");
  }
}
