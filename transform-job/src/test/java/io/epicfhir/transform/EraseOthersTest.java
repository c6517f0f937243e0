package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.optout.NamedPatients;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.transform.erase.Erasure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ids of all forms go, by whatever way they are named; and what serves others stays theirs. */
final class EraseOthersTest {
  private static final String ANNA = "eAnna00112233445566";
  private static final String BERT = "eBert1234567890abc";

  /** One digit only, as one of forty of Epic's ids has. */
  private static final String CAMILA = "erXuFYUfucBZaryVksYEcMg3";

  private static final String DOT = "eDotty0011223344.";
  private static final String SHORT = "4711";
  private static final String MRN =
      "{\"system\":\"urn:mrn\",\"value\":\"MRN-4711-ANNA\"}"
          + ",{\"system\":\"urn:oid:2.16.840.1.113883.4.1\",\"_value\":{}}";

  @TempDir private Path folder;
  private TestLake lake;

  private static void add(TestLake.Export export, String type, String id, String more) {
    export.resource(type, id, "1", "2026-01-05T00:00:00Z", ErasedClinic.json(type, id, more));
  }

  private static String of(String patient) {
    return ErasedClinic.subject(patient);
  }

  private static String ref(String element, String to) {
    return ",\"%s\":{\"reference\":\"%s\"}".formatted(element, to);
  }

  private static String attached(String binary) {
    return ",\"content\":[{\"attachment\":{\"url\":\"Binary/" + binary + "\"}}]";
  }

  private void fill() {
    lake = new TestLake(folder).viewOfKeys("Patient");
    for (String type : List.of("Observation", "Condition")) {
      lake.view(
          type,
          """
          {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s",
           "select": [{"column": [{"name": "id", "path": "getResourceKey()"},
             {"name": "patient_id", "path": "subject.getReferenceKey(Patient)"}]}]}
          """
              .formatted(type.toLowerCase(java.util.Locale.ROOT), type));
    }
    lake.view(
        "Patient",
        """
        {"resourceType": "ViewDefinition", "name": "person", "resource": "Patient",
         "select": [{"column": [{"name": "person_id", "path": "getResourceKey()"}]}]}
        """);
    TestLake.Export first = lake.export("e1", "2026-01-10T00:00:00Z");
    add(first, "Patient", ANNA, ",\"identifier\":[" + MRN + "]");
    for (String patient : List.of(BERT, CAMILA, DOT, SHORT, "4712")) {
      add(first, "Patient", patient, "");
    }
    String logical = ",\"subject\":{\"identifier\":" + MRN.substring(0, MRN.indexOf(",{")) + "}";
    add(first, "Observation", "oLogical112233", logical);
    add(first, "Observation", "oEscape112233", of("eAn\\u006ea00112233445566"));
    add(first, "Observation", "oDot11223344", of(DOT));
    add(first, "Observation", "eObsAbcdefghijklmnopqrs3", of(CAMILA));
    add(first, "Observation", "99", of(SHORT));
    add(first, "Condition", "99", of("4712"));
    add(first, "Device", "dVent11223344", ref("patient", "Patient/" + ANNA));
    add(first, "Observation", "oBertVent1122", of(BERT) + ref("device", "Device/dVent11223344"));
    add(first, "Practitioner", "prAnna112233", ref("self", "Patient/" + ANNA));
    add(
        first,
        "Condition",
        "cBertByDr1122",
        of(BERT) + ref("recorder", "Practitioner/prAnna112233"));
    add(first, "Observation", "x-1234567890ab", of(ANNA));
    add(first, "Condition", "x-1234567890ab", of(BERT));
    add(first, "DocumentReference", "docTwo112233", of(ANNA) + attached("bOld11223344"));
    add(first, "DocumentReference", "docDel112233", of(ANNA) + attached("bDel11223344"));
    for (String binary : List.of("bOld11223344", "bDel11223344", "bNew11223344", "bHis11223344")) {
      add(first, "Binary", binary, ",\"data\":\"QW5uYQ==\"");
    }
    first.land();
    lake.transform();
    TestLake.Export second =
        lake.export("e2", "2026-01-11T00:00:00Z").since("2026-01-10T00:00:00Z");
    second.resource(
        "DocumentReference",
        "docTwo112233",
        "2",
        "2026-01-11T00:00:00Z",
        ErasedClinic.json(
            "DocumentReference", "docTwo112233", of(ANNA) + attached("bNew11223344")));
    second.delete("DocumentReference/docDel112233");
    second.land();
    lake.transform();
  }

  @Test
  void allOfTheirsGoesAndNothingOfOthers() throws IOException {
    fill();
    Set<String> four = Set.of(ANNA, CAMILA, DOT, SHORT);
    new Erasure(TestLake.spark(), lake.lake(), new NamedPatients(four, Set.of())).go(Duration.ZERO);

    for (int round = 0; round < 2; round++) {
      assertThat(lake.rows("patient")).containsExactlyInAnyOrder(BERT, "4712");
      assertThat(lake.rows("person")).containsExactlyInAnyOrder(BERT, "4712");
      assertThat(lake.rows("observation")).singleElement().asString().contains("oBertVent1122");
      assertThat(lake.rows("condition"))
          .hasSize(3)
          .anySatisfy(row -> assertThat(row).contains("x-1234567890ab"));
      assertThat(lake.live("Condition")).hasSize(3);
      assertThat(lake.live("Binary")).singleElement().asString().contains("bHis11223344");
      lake.transform();
    }
    assertThat(
            ErasedClinic.filesWith(
                folder,
                List.of(ANNA, CAMILA, DOT, "oLogical112233", "oEscape112233", "bOld11223344")))
        .isEmpty();
    OptOuts list = new OptOutList(lake.lake()).load();
    assertThat(list.has("Binary", "bOld11223344")).isTrue();
    assertThat(list.has("Device", "dVent11223344")).isFalse();

    assertThat(new OptOutList(lake.lake()).remove(Set.of("Patient/" + CAMILA))).isEqualTo(1);
    OptOuts after = new OptOutList(lake.lake()).load();
    assertThat(after.has("Observation", "eObsAbcdefghijklmnopqrs3")).isFalse();
    assertThat(after.has("Observation", "oDot11223344")).isTrue();
    assertThat(after.has("Patient", ANNA)).isTrue();
  }

  @Test
  void whoIsKnownToQuarantineOnlyGoes() throws IOException {
    ErasedClinic clinic = new ErasedClinic(folder);
    String carl = "eCarl00112233445566";
    Files.writeString(
        folder.resolve("quarantine/view=observation/part-2.ndjson"),
        "{\"resource_type\":\"Patient\",\"id\":\"%s\",\"reason\":\"x\"}\n".formatted(carl));

    Erasure.Result done = clinic.erasure(Set.of(carl), Set.of()).go(Duration.ZERO);

    assertThat(done.isEmpty()).isFalse();
    assertThat(ErasedClinic.filesWith(folder, List.of(carl))).isEmpty();
    assertThat(new OptOutList(clinic.lake.lake()).load().has("Patient", carl)).isTrue();
  }
}
