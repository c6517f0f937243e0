package io.epicfhir.sandbox.epic;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.sandbox.EpicFixture;
import io.epicfhir.sandbox.TestClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shape of resources in the profile epic, by facts about Epic and its public sandbox. */
final class EpicShapeTest {
  private static final String SITE = "urn:oid:1.2.840.114350.1.13.0.1.7.";

  private EpicFixture epic;

  @BeforeEach
  void prepare(@TempDir Path data) throws Exception {
    epic = new EpicFixture(data);
    epic.sandbox.options.epic().without(Behaviour.TOKEN_STUMBLES);
  }

  @AfterEach
  void stop() throws Exception {
    epic.close();
  }

  @Test
  void ids_are_opaque_and_some_are_longer_than_64_characters() throws Exception {
    epic.start();
    Set<String> ids = epic.exported("DiagnosticReport").keySet();
    assertThat(ids)
        .hasSize(EpicFixture.REPORTS)
        .allMatch(id -> id.matches("e[A-Za-z0-9.-]+3"))
        .anyMatch(id -> id.length() > 64)
        .anyMatch(id -> id.length() < 64)
        .contains(EpicId.of("DiagnosticReport", "r1"));
  }

  @Test
  void every_reference_leads_to_the_served_id() throws Exception {
    epic.start();
    JsonNode observation = epic.exported("Observation").get(EpicId.of("Observation", "v8867-4"));
    String patient = observation.path("subject").path("reference").asText();
    assertThat(patient).isEqualTo("Patient/" + EpicId.of("Patient", "p1"));
    assertThat(epic.read(patient).path("gender").asText()).isEqualTo("female");
    JsonNode encounter = epic.read(observation.path("encounter").path("reference").asText());
    String doctor =
        encounter.path("participant").path(0).path("individual").path("reference").asText();
    assertThat(epic.read(doctor).path("resourceType").asText()).isEqualTo("Practitioner");
    for (JsonNode target : epic.exported("Provenance").values().iterator().next().path("target")) {
      epic.read(target.path("reference").asText());
    }
  }

  @Test
  void a_care_team_names_roles_and_a_role_its_practitioner() throws Exception {
    epic.start();
    JsonNode team = epic.exported("CareTeam").values().iterator().next();
    String member = team.path("participant").path(0).path("member").path("reference").asText();
    assertThat(member).startsWith("PractitionerRole/");
    String doctor = epic.read(member).path("practitioner").path("reference").asText();
    assertThat(doctor).isEqualTo("Practitioner/" + EpicId.of("Practitioner", "dr"));
  }

  @Test
  void patients_have_site_identifiers_epics_extensions_and_no_update_time() throws Exception {
    epic.start();
    JsonNode patient = epic.exported("Patient").get(EpicId.of("Patient", "p1"));
    assertThat(patient.has("meta")).isFalse();
    List<String> words = new ArrayList<>();
    for (JsonNode identifier : patient.path("identifier")) {
      words.add(identifier.path("type").path("text").asText());
      assertThat(identifier.path("type").has("coding")).isFalse();
      if (identifier.path("type").path("text").asText().equals("EPI")) {
        assertThat(identifier.path("system").asText()).isEqualTo(SITE + "5.737384.14");
      }
    }
    assertThat(words).contains("EPI", "MRN", "INTERNAL", "EXTERNAL");
    assertThat(patient.path("extension").findValuesAsText("url"))
        .contains(
            "http://open.epic.com/FHIR/StructureDefinition/extension/legal-sex",
            "http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex");
    assertThat(patient.path("maritalStatus").toString()).isEqualTo("{\"text\":\"Married\"}");
  }

  @Test
  void an_encounter_and_what_points_to_it_carry_the_same_contact_number() throws Exception {
    epic.start();
    JsonNode encounter = epic.exported("Encounter").values().iterator().next();
    JsonNode observation = epic.exported("Observation").values().iterator().next();
    JsonNode identifier = encounter.path("identifier").path(0);
    assertThat(identifier.path("system").asText()).isEqualTo(SITE + "3.698084.8");
    assertThat(observation.path("encounter").path("identifier")).isEqualTo(identifier);
  }

  @Test
  void local_codings_stand_first_and_vital_signs_have_generic_codes() throws Exception {
    epic.start();
    Map<String, JsonNode> observations = epic.exported("Observation");
    assertThat(loinc(observations, "v8867-4")).containsExactly("8716-3", "8867-4");
    assertThat(loinc(observations, "v85354-9")).containsExactly("55284-4", "85354-9", "8716-3");
    assertThat(loinc(observations, "v29463-7")).containsExactly("29463-7", "8716-3");
    for (JsonNode observation : observations.values()) {
      JsonNode first = observation.path("code").path("coding").path(0);
      assertThat(first.path("system").asText()).startsWith(SITE);
      assertThat(first.path("display").asText()).isEqualTo("Test");
    }
  }

  @Test
  void care_plans_are_found_as_longitudinal() throws Exception {
    epic.start();
    String search = "/CarePlan?category=38717003&patient=" + EpicId.of("Patient", "p1");
    assertThat(epic.pages(search).stream().flatMap(List::stream))
        .containsExactly(EpicId.of("CarePlan", "cp"));
  }

  private static List<String> loinc(Map<String, JsonNode> observations, String source) {
    List<String> codes = new ArrayList<>();
    JsonNode observation = observations.get(EpicId.of("Observation", source));
    for (JsonNode coding : observation.path("code").path("coding")) {
      if (coding.path("system").asText().equals("http://loinc.org")) {
        codes.add(coding.path("code").asText());
      }
    }
    return codes;
  }

  @Test
  void some_conditions_name_their_code_systems_by_oid() throws Exception {
    epic.start();
    Set<String> systems = new TreeSet<>();
    for (JsonNode condition : epic.exported("Condition").values()) {
      JsonNode codings = condition.path("code").path("coding");
      systems.add(
          codings.path(1).path("system").asText() + codings.path(2).path("system").asText());
    }
    assertThat(systems)
        .containsExactly(
            "http://snomed.info/scthttp://hl7.org/fhir/sid/icd-10-cm",
            "urn:oid:2.16.840.1.113883.6.96urn:oid:2.16.840.1.113883.6.90");
  }

  @Test
  void a_drugs_codes_are_in_the_medication_that_only_its_id_finds() throws Exception {
    epic.start();
    Map<String, JsonNode> orders = epic.exported("MedicationRequest");
    JsonNode drug = orders.get(EpicId.of("MedicationRequest", "m1")).path("medicationReference");
    assertThat(drug.path("display").asText()).isEqualTo("Aspirin");
    assertThat(orders.get(EpicId.of("MedicationRequest", "m2")).path("medicationReference"))
        .isEqualTo(drug);
    assertThat(orders.get(EpicId.of("MedicationRequest", "m3")).findValuesAsText("display"))
        .containsExactly("Ibuprofen");
    assertThat(orders.values()).noneMatch(order -> order.has("medicationCodeableConcept"));
    JsonNode medication = epic.read(drug.path("reference").asText());
    assertThat(medication.path("code").path("coding").findValuesAsText("system"))
        .containsExactly(SITE + "2.698288", "http://www.nlm.nih.gov/research/umls/rxnorm");
    assertThat(medication.path("code").path("coding").path(1).path("code").asText())
        .isEqualTo("310798");
    assertThat(epic.exported("Medication")).isEmpty();
    String id = medication.path("id").asText();
    assertThat(epic.pages("/Medication?_id=" + id).get(0)).containsExactly(id);
    assertThat(epic.get("/Medication?patient=" + EpicId.of("Patient", "p1")).statusCode())
        .isEqualTo(400);
  }

  @Test
  void a_tenth_of_the_observations_is_found_by_reference_only() throws Exception {
    epic.start();
    Map<String, String> reach = epic.reach();
    List<String> hidden =
        reach.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("Observation/"))
            .filter(entry -> entry.getValue().equals("reference"))
            .map(Map.Entry::getKey)
            .toList();
    assertThat(hidden).hasSizeBetween(18, 90);
    Set<String> exported = epic.exported("Observation").keySet();
    String patient = "/Observation?patient=" + EpicId.of("Patient", "p1");
    List<String> found =
        epic.pages(patient + "&category=laboratory").stream().flatMap(List::stream).toList();
    for (String reference : hidden) {
      String id = epic.read(reference).path("id").asText();
      assertThat(exported).doesNotContain(id);
      assertThat(found).doesNotContain(id);
      assertThat(epic.pages("/Observation?_id=" + id).get(0)).isEmpty();
    }
    assertThat(exported.size() + hidden.size()).isEqualTo(3 * EpicFixture.REPORTS + 3);
    assertThat(epic.exported("Observation").values()).anyMatch(one -> one.has("hasMember"));
    assertThat(reach.values()).doesNotContain("none", "unlinked");
  }

  @Test
  void specimens_are_read_by_the_id_in_a_result() throws Exception {
    epic.start();
    List<JsonNode> withSpecimen =
        epic.exported("Observation").values().stream().filter(one -> one.has("specimen")).toList();
    assertThat(withSpecimen).isNotEmpty();
    String specimen = withSpecimen.get(0).path("specimen").path("reference").asText();
    assertThat(epic.read(specimen).path("subject").path("reference").asText())
        .isEqualTo("Patient/" + EpicId.of("Patient", "p1"));
    assertThat(epic.exported("Specimen")).isEmpty();
  }

  @Test
  void a_reload_of_the_same_folder_changes_nothing_and_of_one_line_one_resource() throws Exception {
    epic.start();
    String nothing = "{\"created\":0,\"changed\":0,\"deleted\":0}";
    assertThat(epic.admin("POST", "reload", "").body()).isEqualTo(nothing);
    String before = epic.admin("GET", "resources", "").body();
    epic.sandbox.write("Patient", EpicFixture.patient("p1"), EpicFixture.patient("p2"));
    assertThat(epic.admin("POST", "reload", "").body())
        .isEqualTo("{\"created\":0,\"changed\":0,\"deleted\":1}");
    epic.sandbox.write(
        "Patient", EpicFixture.patient("p1"), EpicFixture.patient("p2"), EpicFixture.patient("p3"));
    assertThat(epic.admin("POST", "reload", "").body())
        .isEqualTo("{\"created\":1,\"changed\":0,\"deleted\":0}");
    assertThat(epic.admin("GET", "resources", "").body()).isEqualTo(before);
  }

  @Test
  void decimals_keep_their_digits_and_a_broken_line_its_bytes() throws Exception {
    epic.sandbox.write("Goal", "{broken");
    epic.start();
    JsonNode manifest = epic.sandbox.export(epic.token(), "?_type=Observation,Goal");
    assertThat(epic.sandbox.lines(epic.token(), manifest, "Observation"))
        .allMatch(line -> line.contains("\"valueQuantity\":{\"value\":1.50}"));
    assertThat(epic.sandbox.lines(epic.token(), manifest, "Goal")).containsExactly("{broken");
  }

  @Test
  void without_a_behaviour_of_shape_the_bytes_are_those_of_the_folder() throws Exception {
    epic.sandbox.options.without(Behaviour.values()).with(Behaviour.SHORT_PAGES);
    epic.start();
    JsonNode manifest = epic.sandbox.export(epic.token(), "?_type=Patient");
    assertThat(epic.sandbox.lines(epic.token(), manifest, "Patient"))
        .containsExactly(
            EpicFixture.patient("p1"), EpicFixture.patient("p2"), EpicFixture.patient("p3"));
  }

  @Test
  void a_note_comes_raw_or_as_a_binary_and_some_are_refused() throws Exception {
    epic.start();
    Map<String, Integer> statuses = new java.util.TreeMap<>();
    Set<String> types = new TreeSet<>();
    for (JsonNode document : epic.exported("DocumentReference").values()) {
      assertThat(document.findValues("data")).isEmpty();
      for (JsonNode content : document.path("content")) {
        String type = content.path("attachment").path("contentType").asText();
        String url = content.path("attachment").path("url").asText();
        var raw = epic.get("/" + url, "Accept", type);
        statuses.merge(Integer.toString(raw.statusCode()), 1, Integer::sum);
        if (raw.statusCode() == 200) {
          types.add(type);
          assertThat(TestClient.header(raw, "Content-Type")).isEqualTo(type);
          byte[] data = epic.read(url).path("data").binaryValue();
          assertThat(new String(data, StandardCharsets.UTF_8)).isEqualTo(raw.body());
          assertThat(raw.body()).contains(begin(type));
        }
      }
    }
    assertThat(types).containsExactly("application/pdf", "text/html", "text/plain", "text/rtf");
    assertThat(statuses.keySet()).containsExactly("200", "403");
    assertThat(epic.reach().values()).contains("attachment", "refused");
  }

  private static String begin(String type) {
    return switch (type) {
      case "text/html" -> "Chief {complaint} &lt;none&gt; \\ \u00e9<br/>Follow";
      case "text/rtf" ->
          "{\\rtf1\\ansi\\deff0 Chief \\{complaint\\} <none> \\\\ \\u233?\\par\nFollow";
      case "application/pdf" -> "(Follow up \\(soon\\)) '";
      default -> EpicFixture.NOTE;
    };
  }
}
