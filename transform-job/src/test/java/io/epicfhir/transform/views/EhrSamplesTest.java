package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shipped views over answers of real EHR sandboxes: what the source holds is in the tables. */
class EhrSamplesTest {
  private static final Path SAMPLES = Path.of("../../shared/ehr-samples");
  private static final Path VIEWS = Path.of("..", "conf", "views");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** By system and type the resources, by system and view the rows. */
  private static final Map<String, Map<String, List<JsonNode>>> RESOURCES = new TreeMap<>();

  private static final Map<String, Map<String, List<JsonNode>>> ROWS = new TreeMap<>();

  @BeforeAll
  static void run() throws IOException {
    assumeTrue(Files.isDirectory(SAMPLES), "The samples of real EHRs are not on this machine.");
    Map<String, List<ViewDefinition>> views = new TreeMap<>();
    for (Path file : list(VIEWS)) {
      ViewDefinition view = ViewDefinition.parse(Files.readString(file), file.toString());
      views.computeIfAbsent(view.resource(), type -> new ArrayList<>()).add(view);
    }
    for (Path system : list(SAMPLES)) {
      if (Files.isDirectory(system)) {
        for (Path file : list(system)) {
          String type = file.getFileName().toString().replace(".ndjson", "");
          run(system.getFileName().toString(), type, file, views.getOrDefault(type, List.of()));
        }
      }
    }
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static void run(String system, String type, Path file, List<ViewDefinition> views)
      throws IOException {
    List<String> lines = Files.readString(file).lines().filter(line -> !line.isBlank()).toList();
    List<JsonNode> resources = new ArrayList<>();
    for (String line : lines) {
      resources.add(JSON.readTree(line));
    }
    RESOURCES.computeIfAbsent(system, name -> new TreeMap<>()).put(type, resources);
    List<String> keys = resources.stream().map(resource -> resource.path("id").asText()).toList();
    CompiledViews compiled = ViewCompiler.compile(type, views);
    for (int i = 0; i < views.size(); i++) {
      List<JsonNode> rows = new ArrayList<>();
      for (String row : LocalViews.rows(compiled, i, keys, lines)) {
        rows.add(JSON.readTree(row));
      }
      ROWS.computeIfAbsent(system, name -> new HashMap<>()).put(views.get(i).name(), rows);
    }
  }

  private static List<JsonNode> all(Map<String, Map<String, List<JsonNode>>> of, String name) {
    return of.values().stream()
        .flatMap(system -> system.getOrDefault(name, List.of()).stream())
        .toList();
  }

  private static List<JsonNode> rows(String view) {
    return all(ROWS, view);
  }

  private static long filled(String view, String column) {
    List<JsonNode> rows = rows(view);
    assertThat(rows).as(view).isNotEmpty().allMatch(row -> row.has(column));
    return rows.stream().filter(row -> !row.path(column).isNull()).count();
  }

  private static long source(String type, Predicate<JsonNode> holds) {
    return all(RESOURCES, type).stream().filter(holds).count();
  }

  private static long items(String type, String... lists) {
    return all(RESOURCES, type).stream()
        .mapToLong(
            resource -> {
              Stream<JsonNode> at = Stream.of(resource);
              for (String list : lists) {
                at = at.flatMap(one -> children(one.path(list)));
              }
              return at.count();
            })
        .sum();
  }

  private static Stream<JsonNode> children(JsonNode node) {
    List<JsonNode> children = new ArrayList<>();
    if (node.isArray()) {
      node.forEach(children::add);
    } else if (!node.isMissingNode()) {
      children.add(node);
    }
    return children.stream();
  }

  private static boolean extended(JsonNode patient, String url) {
    return patient.path("extension").findValuesAsText("url").stream()
        .anyMatch(one -> one.endsWith(url));
  }

  private static boolean coded(JsonNode concept, String url, String oid) {
    return children(concept.path("coding"))
        .map(coding -> coding.path("system").asText())
        .anyMatch(system -> system.equals(url) || system.equals("urn:oid:" + oid));
  }

  @Test
  void eachTypeHasATableOfOneRowAResource() throws IOException {
    Map<String, Set<String>> views = new TreeMap<>();
    for (Path file : list(VIEWS)) {
      ViewDefinition view = ViewDefinition.parse(Files.readString(file), file.toString());
      views.computeIfAbsent(view.resource(), type -> new TreeSet<>()).add(view.name());
    }
    RESOURCES.forEach(
        (system, types) ->
            types.forEach(
                (type, resources) -> {
                  if (!type.equals("Binary")) { // the content of documents, not a table
                    String main = type.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
                    assertThat(views).containsKey(type);
                    assertThat(ROWS.get(system).get(main)).as(main).hasSameSizeAs(resources);
                  }
                }));
  }

  @Test
  void patientsHaveTheirNumbersSexesRacesAndAddresses() {
    // athenahealth sends neither the word MRN nor its code, and Cerner no marital status.
    assertThat(filled("patient", "mrn"))
        .isEqualTo(
            source("Patient", patient -> patient.path("identifier").findValue("type") != null))
        .isEqualTo(4);
    assertThat(filled("patient", "marital_status"))
        .isEqualTo(source("Patient", patient -> patient.has("maritalStatus")))
        .isEqualTo(3);
    assertThat(filled("patient", "sex"))
        .isEqualTo(source("Patient", patient -> extended(patient, "/us-core-sex")))
        .isEqualTo(2);
    assertThat(filled("patient", "legal_sex"))
        .isEqualTo(source("Patient", patient -> extended(patient, "/legal-sex")))
        .isEqualTo(2);
    assertThat(filled("patient", "birth_sex"))
        .isEqualTo(source("Patient", patient -> extended(patient, "/us-core-birthsex")));
    assertThat(filled("patient", "gender_identity"))
        .isEqualTo(source("Patient", patient -> extended(patient, "genderIdentity")));
    assertThat(filled("patient", "ethnicity"))
        .isEqualTo(source("Patient", patient -> extended(patient, "/us-core-ethnicity")));
    assertThat(filled("patient", "address_line"))
        .isEqualTo(source("Patient", patient -> patient.path("address").size() > 0));
    assertThat(rows("patient_identifier")).hasSize((int) items("Patient", "identifier"));
    assertThat(rows("patient_telecom")).hasSize((int) items("Patient", "telecom"));
    assertThat(rows("patient_address")).hasSize((int) items("Patient", "address"));
    assertThat(ROWS.get("epic").get("patient_race"))
        .extracting(row -> row.path("code").asText())
        .containsExactly("2054-5", "2106-3");
    assertThat(ROWS.get("epic").get("patient").get(0).path("mrn").asText()).isEqualTo("203714");
  }

  @Test
  void aVitalSignHasItsOwnCodeAndNotThatOfAPanel() {
    Map<String, Set<String>> codes =
        ROWS.get("epic").get("vital_signs").stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.path("display").asText(),
                    Collectors.mapping(
                        row -> row.path("loinc_code").asText(), Collectors.toSet())));
    assertThat(codes)
        .containsEntry("Pulse", Set.of("8867-4"))
        .containsEntry("Blood Pressure", Set.of("85354-9"))
        .containsEntry("Weight", Set.of("29463-7"))
        .containsEntry("Temperature", Set.of("8310-5"))
        .containsEntry("Height", Set.of("8302-2"));
    assertThat(ROWS.get("epic").get("vital_signs"))
        .filteredOn(row -> row.path("loinc_code").asText().equals("85354-9"))
        .isNotEmpty()
        .allMatch(row -> row.path("systolic").isNumber() && row.path("diastolic").isNumber());
    // No other vital sign is taken for a blood pressure.
    assertThat(rows("vital_signs"))
        .filteredOn(row -> !row.path("systolic").isNull() || !row.path("diastolic").isNull())
        .hasSize((int) source("Observation", EhrSamplesTest::isPressure));
  }

  private static boolean isPressure(JsonNode observation) {
    return observation.path("category").findValuesAsText("code").contains("vital-signs")
        && children(observation.path("component"))
            .filter(part -> part.path("valueQuantity").has("value"))
            .map(part -> part.path("code").path("coding").findValuesAsText("code"))
            .anyMatch(codes -> codes.contains("8480-6") || codes.contains("8462-4"));
  }

  @Test
  void anObservationIsOneRowWithRangeNotePerformerAndComponents() {
    assertThat(rows("observation")).hasSize(all(RESOURCES, "Observation").size());
    assertThat(rows("observation_code")).hasSize((int) items("Observation", "code", "coding"));
    assertThat(rows("observation_component")).hasSize((int) items("Observation", "component"));
    assertThat(filled("observation", "reference_text"))
        .isEqualTo(source("Observation", one -> one.path("referenceRange").path(0).has("text")))
        .isPositive();
    assertThat(filled("observation", "note"))
        .isEqualTo(source("Observation", one -> one.path("note").path(0).has("text")))
        .isPositive();
    assertThat(filled("observation", "performer"))
        .isEqualTo(source("Observation", one -> one.path("performer").path(0).has("display")))
        .isPositive();
    assertThat(filled("observation", "value"))
        .isEqualTo(source("Observation", one -> one.path("valueQuantity").has("value")));
    assertThat(filled("observation", "effective_time"))
        .isEqualTo(
            source(
                "Observation", one -> one.has("effectiveDateTime") || one.has("effectivePeriod")));
    assertThat(filled("observation", "interpretation_text"))
        .isEqualTo(source("Observation", one -> one.path("interpretation").size() > 0));
    assertThat(rows("laboratory_result"))
        .hasSize(
            (int)
                source(
                    "Observation",
                    one -> one.path("category").findValuesAsText("code").contains("laboratory")));
  }

  @Test
  void conditionsHaveTheirCodesBySystemAndTheirTimes() {
    assertThat(filled("condition", "snomed_code"))
        .isEqualTo(
            source(
                "Condition",
                one ->
                    coded(one.path("code"), "http://snomed.info/sct", "2.16.840.1.113883.6.96")));
    assertThat(filled("condition", "icd10_code"))
        .isEqualTo(
            source(
                "Condition",
                one ->
                    coded(
                        one.path("code"),
                        "http://hl7.org/fhir/sid/icd-10-cm",
                        "2.16.840.1.113883.6.90")));
    assertThat(filled("condition", "onset_time"))
        .isEqualTo(source("Condition", one -> one.has("onsetDateTime") || one.has("onsetPeriod")));
    // Cerner's first category is SNOMED CT's Medical.
    assertThat(rows("condition"))
        .extracting(row -> row.path("category").asText())
        .doesNotContain("74188005");
  }

  @Test
  void eachOrderNamesItsDrugAndEpicsHaveTheirCodesInTheMedication() {
    assertThat(rows("medication_request"))
        .isNotEmpty()
        .noneMatch(row -> row.path("medication_text").isNull() && row.path("code").isNull());
    Map<String, JsonNode> medications =
        rows("medication").stream()
            .collect(Collectors.toMap(row -> row.path("id").asText(), row -> row));
    assertThat(ROWS.get("epic").get("medication_request"))
        .isNotEmpty()
        .allMatch(
            row ->
                !medications.get(row.path("medication_id").asText()).path("rxnorm_code").isNull());
  }

  @Test
  void allOfAnEncountersTypesParticipantsAndLocationsHaveRows() {
    assertThat(rows("encounter_code")).hasSize((int) items("Encounter", "type", "coding"));
    assertThat(rows("encounter_participant")).hasSize((int) items("Encounter", "participant"));
    assertThat(rows("encounter_location")).hasSize((int) items("Encounter", "location"));
    assertThat(filled("encounter", "location_id")).isEqualTo(rows("encounter").size());
  }

  @Test
  void allReasonsOfAVisitHaveRows() {
    assertThat(rows("encounter_reason"))
        .hasSize((int) (items("Encounter", "reasonCode") + items("Encounter", "reasonReference")))
        .isNotEmpty()
        .noneMatch(row -> row.path("reason_text").isNull() && row.path("code").isNull());
    // The second reason of a visit is in no other table.
    assertThat(ROWS.get("athena").get("encounter_reason"))
        .filteredOn(row -> row.path("reason").asInt() == 1)
        .extracting(row -> row.path("code").asText())
        .containsExactly("195967001");
  }

  @Test
  void placesAndPeopleHaveTheirNumbersAddressesAndNarratives() {
    for (String type : List.of("Organization", "Location")) {
      assertThat(rows(type.toLowerCase(Locale.ROOT) + "_identifier"))
          .hasSize((int) items(type, "identifier"));
    }
    assertThat(ROWS.get("epic").get("organization_identifier"))
        .extracting(row -> row.path("system").asText() + " " + row.path("value").asText())
        .contains("urn:oid:1.2.840.114350.1.13.0.1.7.2.696570 10");
    assertThat(filled("practitioner", "address_line"))
        .isEqualTo(source("Practitioner", one -> one.path("address").path(0).has("line")))
        .isPositive();
    assertThat(filled("organization", "country"))
        .isEqualTo(source("Organization", one -> one.path("address").path(0).has("country")))
        .isPositive();
    assertThat(filled("service_request", "order_detail"))
        .isEqualTo(source("ServiceRequest", one -> one.path("orderDetail").path(0).has("text")))
        .isPositive();
    assertThat(filled("care_plan", "narrative"))
        .isEqualTo(source("CarePlan", one -> one.path("text").has("div")))
        .isPositive();
    assertThat(rows("care_plan"))
        .extracting(row -> row.path("narrative").asText())
        .noneMatch(text -> text.contains("<"));
  }

  @Test
  void reportsHaveTheirDocumentsAndResults() {
    assertThat(rows("diagnostic_report_form"))
        .hasSize((int) items("DiagnosticReport", "presentedForm"))
        .isNotEmpty();
    assertThat(rows("diagnostic_report_result")).hasSize((int) items("DiagnosticReport", "result"));
    assertThat(filled("document_reference_content", "url")).isPositive();
  }

  @Test
  void nobodyAskedIsNoAllergy() {
    assertThat(ROWS.get("epic").get("allergy_intolerance"))
        .isNotEmpty()
        .allMatch(row -> !row.path("is_allergy").asBoolean());
    assertThat(rows("allergy_intolerance")).anyMatch(row -> row.path("is_allergy").asBoolean());
  }

  private static List<String> texts(String view, String column) {
    return rows(view).stream().map(row -> row.path(column).asText()).toList();
  }

  @Test
  void aStandardCodeCountsAndAReasonForItsAbsenceIsNone() {
    assertThat(ROWS.get("cerner").get("location"))
        .extracting(row -> row.path("physical_type_code").asText())
        .containsOnly("si");
    assertThat(ROWS.get("cerner").get("organization"))
        .extracting(row -> row.path("type_code").asText())
        .containsOnly("prov");
    assertThat(texts("encounter", "discharge_code")).doesNotContain("not-applicable");
    assertThat(texts("encounter", "discharge")).contains("Not Applicable");
    assertThat(texts("diagnostic_report", "category")).doesNotContain("unknown", "Unknown");
  }

  @Test
  void allCodesGoalsAndConditionsOfOneAreThere() {
    assertThat(rows("medication").stream().mapToInt(row -> row.path("rxnorm_codes").size()))
        .containsExactlyInAnyOrder(2, 8, 12);
    assertThat(ROWS.get("athena").get("care_plan"))
        .allMatch(row -> row.path("goal_ids").size() == 2 && row.path("condition_ids").size() == 2);
    assertThat(ROWS.get("athena").get("allergy_intolerance"))
        .filteredOn(row -> row.path("categories").size() == 2)
        .hasSize(2);
    assertThat(rows("encounter"))
        .allMatch(row -> row.path("types").size() >= row.path("type_count").asInt());
  }

  @Test
  void membersAndQualificationsHaveTheirNames() {
    assertThat(rows("care_team_member"))
        .filteredOn(row -> !row.path("organization_id").isNull())
        .hasSize(6)
        .allMatch(row -> row.path("practitioner").isNull() && !row.path("member_name").isNull());
    assertThat(rows("care_team_member"))
        .filteredOn(row -> !row.path("practitioner_id").isNull())
        .hasSize(4)
        .allMatch(row -> !row.path("practitioner").isNull());
    assertThat(rows("practitioner"))
        .filteredOn(row -> row.path("qualifications").size() > 0)
        .hasSize(5);
  }

  @Test
  void aDocumentWithAReasonInPlaceOfItsDataIsNotInline() {
    assertThat(rows("document_reference_content"))
        .filteredOn(row -> row.path("is_inline").asBoolean())
        .hasSize(8)
        .allMatch(row -> row.path("inline_bytes").asInt() > 0);
  }
}
