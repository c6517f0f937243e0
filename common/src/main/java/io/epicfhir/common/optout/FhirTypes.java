package io.epicfhir.common.optout;

import io.epicfhir.common.ResourceTypeNames;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The resource types of <a href="https://hl7.org/fhir/R4/resourcelist.html">FHIR R4</a>, by whom
 * their resources are about.
 */
public final class FhirTypes {
  private static final String NOT_ABOUT_ONE_PATIENT =
      """
      ActivityDefinition BiologicallyDerivedProduct CapabilityStatement CatalogEntry
      ChargeItemDefinition CodeSystem CompartmentDefinition ConceptMap Device DeviceDefinition
      DeviceMetric EffectEvidenceSynthesis Endpoint EventDefinition Evidence EvidenceVariable
      ExampleScenario GraphDefinition HealthcareService ImplementationGuide InsurancePlan Library
      Location Measure MeasureReport Medication MedicationKnowledge MedicinalProduct
      MedicinalProductAuthorization MedicinalProductContraindication MedicinalProductIndication
      MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
      MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect
      MessageDefinition NamingSystem
      ObservationDefinition OperationDefinition Organization OrganizationAffiliation PlanDefinition
      Practitioner PractitionerRole Questionnaire ResearchDefinition ResearchElementDefinition
      ResearchStudy RiskEvidenceSynthesis Schedule SearchParameter Slot SpecimenDefinition
      StructureDefinition StructureMap Subscription Substance SubstanceNucleicAcid
      SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
      SubstanceSpecification
      TerminologyCapabilities TestReport TestScript ValueSet VerificationResult""";

  private static final Set<String> SHARED = Set.of(NOT_ABOUT_ONE_PATIENT.strip().split("\\s+", -1));
  private static final Set<String> OF_PATIENTS =
      ResourceTypeNames.ALL.stream()
          .filter(type -> !SHARED.contains(type))
          .collect(Collectors.toUnmodifiableSet());

  /** In the words of a column or table, such as medication_request. */
  private static final Map<String, String> BY_WORDS = byWords();

  private FhirTypes() {}

  private static Map<String, String> byWords() {
    Map<String, String> types = new TreeMap<>();
    ResourceTypeNames.ALL.forEach(
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
    return ResourceTypeNames.ALL.contains(word);
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
