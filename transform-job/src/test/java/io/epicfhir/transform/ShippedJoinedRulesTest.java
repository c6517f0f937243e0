package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What joined tables of conf make of resources as servers really send them: several codes of one
 * drug, ranges in words, diagnoses without a status, documents without content.
 */
class ShippedJoinedRulesTest {
  private static final String TIME = "2026-01-01T00:00:00Z";
  private static final String RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";
  private static final String SITE = "urn:oid:1.2.840.114350.1";
  private static final String ABSENT =
      "'_data':{'extension':[{'url':'http://hl7.org/fhir/StructureDefinition/data-absent-reason','valueCode':'unknown'}]}";

  @TempDir static Path folder;
  private static TestLake lake;
  private static TestLake.Export export;

  @BeforeAll
  static void everythingOnce() throws IOException {
    lake = ShippedLake.with(folder, "lab_result", "problem_list", "note", "patient_timeline");
    // A site's lines: the same code of another system, and a chapter that is there twice.
    more("loinc_class.csv", SITE + ",2823-3,drug,site panel\n");
    more("icd10_chapter.csv", "9,I00,I99,circulatory system\n");
    export = lake.export("e1", TIME);
    drugs();
    results();
    problems();
    notes();
    put("Encounter", "v1", "'status':'finished','class':{'code':'AMB'}");
    put("Encounter", "v2", "'status':'cancelled','class':{'code':'AMB'}");
    put("DiagnosticReport", "x1", "'status':'cancelled','code':{'text':'CT'}");
    export.land();
    lake.transform();
  }

  private static void more(String lookup, String line) throws IOException {
    Path file = Path.of("..", "conf", "lookups", lookup);
    lake.lookup(lookup, Files.readString(file) + line);
  }

  private static void put(String type, String id, String body) {
    String json =
        "{'resourceType':'%s','id':'%s',%s%s}"
            .formatted(
                type,
                id,
                type.equals("Medication") ? "" : "'subject':{'reference':'Patient/p1'},",
                body);
    export.resource(type, id, "1", TIME, json.replace('\'', '"'));
  }

  private static String codes(String... codes) {
    return String.join(
        ",",
        List.of(codes).stream()
            .map(code -> "{'system':'%s','code':'%s'}".formatted(RXNORM, code))
            .toList());
  }

  private static void drugs() {
    put("Medication", "m1", "'code':{'coding':[" + codes("1191", "212033") + "]}");
    put("Medication", "m2", "'code':{'coding':[" + codes("2670", "161", "161") + "]}");
    for (String id : List.of("1", "2")) {
      put(
          "MedicationRequest",
          "r" + id,
          "'status':'active','intent':'order','medicationReference':{'reference':'Medication/m%s','display':'Drug %s'}"
              .formatted(id, id));
    }
    put(
        "MedicationRequest",
        "r3",
        "'status':'active','intent':'order','medicationCodeableConcept':{'text':'X'},"
            + "'dosageInstruction':[{'timing':{'repeat':{'boundsPeriod':{'start':'2025-01-01','end':'2025-01-10'}}}}],"
            + "'dispenseRequest':{'validityPeriod':{'start':'2025-01-02','end':'2026-01-02'}}");
    put(
        "MedicationRequest",
        "r4",
        "'status':'active','intent':'order','doNotPerform':true,'medicationCodeableConcept':{'text':'X'}");
  }

  private static void lab(String id, String value, String range) {
    put(
        "Observation",
        id,
        "'status':'final','category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category','code':'laboratory'}]}],"
            + "'code':{'coding':[{'system':'http://loinc.org','code':'2823-3'}]},"
            + "%s,'referenceRange':[%s]".formatted(value, range));
  }

  private static void results() {
    lab("o01", "'valueQuantity':{'value':100}", "{'text':'65-99'}");
    lab("o02", "'valueQuantity':{'value':70}", "{'text':' 65 - 99 '}");
    lab("o03", "'valueQuantity':{'value':1.25}", "{'text':'0.5-1.25'}");
    lab("o04", "'valueQuantity':{'value':0.4}", "{'text':'0.5-1.25'}");
    lab("o05", "'valueQuantity':{'value':100}", "{'text':'negative'}");
    lab("o06", "'valueQuantity':{'value':100}", "{'text':'99-65'}");
    lab("o07", "'valueQuantity':{'value':100}", "{'text':'65-99 mg/dL'}");
    lab("o08", "'valueQuantity':{'value':100}", "{'text':'65-99','low':{'value':1}}");
    lab("o09", "'valueQuantity':{'value':100,'comparator':'>'}", "{'text':'65-99'}");
    lab(
        "o10",
        "'valueQuantity':{'value':6.2}",
        "{'type':{'coding':[{'code':'critical'}]},'low':{'value':2.5},'high':{'value':6.5}}");
    lab("o11", "'valueRange':{'low':{'value':5}},'interpretation':[{'text':'high'}]", "");
    put(
        "Observation",
        "o12",
        "'status':'final','category':[{'coding':[{'code':'laboratory'}]}],'valueString':'x',"
            + "'code':{'coding':[{'system':'%s','code':'1520'}]}".formatted(SITE));
    put(
        "Observation",
        "o13",
        "'status':'cancelled','category':[{'coding':[{'code':'laboratory'}]}],'code':{'text':'X'}");
  }

  private static void condition(String id, String category, String more) {
    put(
        "Condition",
        id,
        "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-category','code':'%s'}]}],"
                .formatted(category)
            + "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'I10'}]}"
            + more);
  }

  private static void problems() {
    condition("c1", "encounter-diagnosis", "");
    condition("c2", "encounter-diagnosis", ",'abatementDateTime':'2020'");
    condition("c3", "encounter-diagnosis", ",'clinicalStatus':{'coding':[{'code':'active'}]}");
    condition("c4", "problem-list-item", "");
    condition("c5", "problem-list-item", ",'clinicalStatus':{'coding':[{'code':'resolved'}]}");
  }

  private static void notes() {
    put(
        "DocumentReference",
        "d1",
        "'status':'current','date':'2026-01-01T08:00:00-05:00','content':["
            + "{'attachment':{'contentType':'text/plain',%s}},".formatted(ABSENT)
            + "{'attachment':{'contentType':'text/plain',%s,'url':'Binary/b1'}},".formatted(ABSENT)
            + "{'attachment':{'contentType':'text/plain','data':'aGVsbG8='}}]");
  }

  private static List<String> rows(String table, String... columns) {
    return ShippedLake.rows(lake, table, columns);
  }

  /** RxNorm: 1191 aspirin, 161 acetaminophen, 2670 codeine, 212033 aspirin 325 MG Oral Tablet. */
  @Test
  void aDrugHasTheIngredientsOfAllItsCodes() {
    assertThat(
            rows(
                "medication_order",
                "id",
                "array_join(rxnorm_codes, '+')",
                "array_join(ingredients, '+')",
                "array_join(ingredient_codes, '+')"))
        .containsExactly(
            "r1 1191+212033 aspirin 1191",
            "r2 2670+161 acetaminophen+codeine 161+2670",
            "r3  null null",
            "r4  null null");
  }

  @Test
  void whenADrugIsTakenIsNotWhenItMayBeDispensed() {
    assertThat(
            rows(
                "medication_order",
                "id",
                "start_time",
                "end_time",
                "dispensable_from",
                "dispensable_until"))
        .contains("r3 2025-01-01 2025-01-10 2025-01-02 2026-01-02");
  }

  @Test
  void aRangeInWordsIsReadWhereItIsNothingElse() {
    assertThat(
            rows(
                "lab_result",
                "id",
                "reference_low",
                "reference_high",
                "is_range_from_text",
                "is_outside"))
        .containsExactly(
            "o01 65 99 true true",
            "o02 65 99 true false",
            "o03 0.5 1.25 true false",
            "o04 0.5 1.25 true true",
            "o05 null null false null",
            "o06 null null false null",
            "o07 null null false null",
            "o08 1 null false false",
            "o09 65 99 true null",
            "o10 2.5 6.5 false null",
            "o11 null null false null",
            "o12 null null false null",
            "o13 null null false null");
  }

  @Test
  void aResultHasItsCodeAndItsInterpretationInWords() {
    assertThat(rows("lab_result", "id", "system", "code", "test_class", "interpretation_text"))
        .hasSize(13)
        .contains(
            "o01 http://loinc.org 2823-3 chemistry null",
            "o11 http://loinc.org 2823-3 chemistry high",
            "o12 " + SITE + " 1520 null null");
  }

  @Test
  void aDiagnosisOfAVisitWithoutAStatusIsNeitherActiveNorNot() {
    assertThat(rows("problem_list", "id", "is_listed", "is_active", "icd10_chapter"))
        .containsExactly(
            "c1 false null 9",
            "c2 false false 9",
            "c3 false true 9",
            "c4 true true 9",
            "c5 true false 9");
  }

  @Test
  void aNoteHasATextOrTheReasonWhyThereIsNone() {
    assertThat(rows("note", "part", "binary_id", "problem", "text", "size_bytes", "length(sha256)"))
        .containsExactly(
            "0 null no-content null null null",
            "1 b1 not-fetched null null null",
            "2 null null hello 5 64");
  }

  @Test
  void theTimelineHasCodesAndLeavesOutWhatDidNotHappen() {
    assertThat(rows("patient_timeline", "kind", "id", "code", "value"))
        .contains(
            "drug order r1 1191 null",
            "laboratory result o11 2823-3 from 5",
            "laboratory result o12 1520 x",
            "visit v1 null null",
            "drug order r3 null null")
        .noneMatch(row -> row.matches("(visit v2|report x1|drug order r4|.* o13) .*"));
  }
}
