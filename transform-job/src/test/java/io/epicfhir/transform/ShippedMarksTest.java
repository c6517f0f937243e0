package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.SecurityLabels.Binaries;
import io.epicfhir.transform.SecurityLabels.Label;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The joined tables of conf where the site marks rows of labelled resources. */
final class ShippedMarksTest {
  @TempDir static Path folder;
  private static TestLake lake;
  private static TransformResult result;

  @BeforeAll
  static void everythingOnce() throws IOException {
    lake =
        ShippedLake.with(
                folder,
                ShippedLake.files("joined").stream()
                    .map(file -> file.getFileName().toString().replace(".sql", ""))
                    .toArray(String[]::new))
            .labels(
                new SecurityLabels(List.of(), List.of(new Label("", "R")), Binaries.OWN_LABELS));
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    for (String id : List.of("p1", "p2")) {
      put(export, "Patient", id, "N", "'gender':'female'");
    }
    put(export, "Encounter", "e1", "N", of("p1"));
    put(export, "Encounter", "e2", "N", of("p2"));
    put(export, "Practitioner", "d1", "R", "'name':[{'family':'Poe'}]");
    condition(export, "c1", "R", "p1", "e1");
    condition(export, "c2", "N", "p2", "e2");
    put(export, "Medication", "m1", "R", "'code':{'text':'x'}");
    order(export, "o1", "p1", "m1");
    order(export, "o2", "p2", "none");
    lab(export, "l1", "p1", "'performer':[{'reference':'Practitioner/d1'}]");
    lab(export, "l2", "p2", "'performer':[{'reference':'Practitioner/none'}]");
    document(export, "t1", "R", "p1", "b1");
    document(export, "t2", "N", "p2", "b2");
    document(export, "t3", "N", "p2", "b3");
    for (String id : List.of("b1", "b2")) {
      put(export, "Binary", id, "N", "'contentType':'text/plain','data':'YQ=='");
    }
    put(export, "Binary", "b3", "R", "'contentType':'text/plain','data':'YQ=='");
    export.land();
    result = lake.run();
  }

  private static String of(String patient) {
    return "'status':'finished','subject':{'reference':'Patient/%s'}".formatted(patient);
  }

  private static void put(TestLake.Export to, String type, String id, String label, String body) {
    ShippedLake.put(to, type, id, "'meta':{'security':[{'code':'%s'}]},".formatted(label) + body);
  }

  private static void condition(
      TestLake.Export to, String id, String label, String patient, String encounter) {
    put(
        to,
        "Condition",
        id,
        label,
        "'subject':{'reference':'Patient/%s'},'encounter':{'reference':'Encounter/%s'},"
                .formatted(patient, encounter)
            + "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-category','code':'problem-list-item'}]}],"
            + "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'I10'}]}");
  }

  private static void order(TestLake.Export to, String id, String patient, String drug) {
    put(
        to,
        "MedicationRequest",
        id,
        "N",
        "'status':'active','intent':'order','subject':{'reference':'Patient/%s'},'medicationReference':{'reference':'Medication/%s'}"
            .formatted(patient, drug));
  }

  private static void lab(TestLake.Export to, String id, String patient, String more) {
    put(
        to,
        "Observation",
        id,
        "N",
        "'status':'final','subject':{'reference':'Patient/%s'},".formatted(patient)
            + "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category','code':'laboratory'}]}],"
            + "'code':{'coding':[{'system':'http://loinc.org','code':'2823-3'}]},'valueInteger':7,"
            + more);
  }

  private static void document(
      TestLake.Export to, String id, String label, String patient, String binary) {
    put(
        to,
        "DocumentReference",
        id,
        label,
        "'status':'current','subject':{'reference':'Patient/%s'},'content':[{'attachment':{'url':'Binary/%s'}}]"
            .formatted(patient, binary));
  }

  private static List<String> marks(String table) {
    return ShippedLake.rows(lake, table, "id", "restricted");
  }

  @Test
  void eachPassesTheMarkOn() {
    assertThat(result.joined().joined().failed()).isEmpty();
    assertThat(marks("problem_list")).containsExactly("c1 true", "c2 false");
    assertThat(marks("encounter_full"))
        .as("e1 has the name of a labelled diagnosis")
        .containsExactly("e1 true", "e2 false");
    assertThat(marks("visit_class")).containsExactly("e1 false", "e2 false");
    assertThat(marks("medication_order")).containsExactly("o1 true", "o2 false");
    assertThat(marks("lab_result"))
        .as("l1 has the name of a labelled practitioner")
        .containsExactly("l1 true", "l2 false");
    assertThat(marks("note"))
        .as("the document of t1 and the text of t3 are labelled")
        .containsExactly("t1 true", "t2 false", "t3 true");
    assertThat(marks("note_index")).containsExactly("t1 true", "t2 false", "t3 false");
    assertThat(marks("patient_summary"))
        .as("p1 has a labelled problem")
        .containsExactly("p1 true", "p2 false");
    assertThat(marks("patient_timeline"))
        .containsExactlyInAnyOrder(
            "e1 false",
            "e2 false",
            "c1 true",
            "c2 false",
            "o1 true",
            "o2 false",
            "l1 false",
            "l2 false",
            "t1 true",
            "t2 false",
            "t3 false");
    assertThat(result.joined().joined().done().keySet())
        .isEqualTo(
            Set.of(
                "encounter_full",
                "lab_result",
                "medication_order",
                "note",
                "note_index",
                "patient_summary",
                "patient_timeline",
                "problem_list",
                "visit_class"));
  }
}
