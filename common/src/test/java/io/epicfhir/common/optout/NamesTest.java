package io.epicfhir.common.optout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How somebody on the list is named in texts, in rows, and by the person who asks. */
class NamesTest {
  private static final String ANNA = "eAnna00112233445566";
  private static final String BERT = "eBert1234567890abc";

  /** Base64 with a single digit, as one of forty ids of Epic is. */
  private static final String CAMILA = "erXuFYUfucBZaryVksYEcMg3";

  private static final String MRN = "urn:mrn|MRN-4711";

  @TempDir Path folder;
  private OptOutList list;

  @BeforeEach
  void list() {
    list = new OptOutList(new Lake(new LakePaths(folder.toUri().toString()), new Configuration()));
    list.add(
        List.of(person(ANNA, MRN), person(CAMILA), person("eDotty0011223344."), person("4711")),
        List.of("Observation/oHers112233"));
  }

  private static OptOutList.Person person(String id, String... names) {
    return new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + id)), Set.of(names));
  }

  private boolean in(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return list.load().in(bytes, 0, bytes.length);
  }

  private boolean keepsOut(String type, String id, String more) {
    return keepsOut(list.load(), type, id, more);
  }

  private static boolean keepsOut(OptOuts list, String type, String id, String more) {
    String text = "{\"resourceType\":\"%s\",\"id\":\"%s\"%s}".formatted(type, id, more);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return list.keepsOut(type, id, bytes, 0, bytes.length);
  }

  private static String subject(String id) {
    return ",\"subject\":{\"reference\":\"Patient/" + id + "\"}";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Patient\\u002FeAn\\u006ea00112233445566",
        "cannot open /export/eAnna00112233445566.json",
        "eAnna00112233445566_1.ndjson.gz",
        "scan_eAnna00112233445566",
        "\"erXuFYUfucBZaryVksYEcMg3\"",
        "\"reference\": \"Patient/eDotty0011223344.\"",
        "see Patient/eAnna00112233445566.",
        "{\"subject\":{\"identifier\" : {\"value\":\"MRN-4711\",\"system\":\"urn:mrn\"}}}"
      })
  void aTextNamesHerInManyWays(String text) {
    assertThat(in(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Observation/4711",
        "\"4711\"",
        "Patient/eAnna001122334455667",
        "{\"identifier\":[{\"value\":\"MRN-4711\",\"system\":\"urn:mrn\"}]}",
        "{\"subject\":{\"identifier\":{\"value\":\"MRN-4712\",\"system\":\"urn:mrn\"}}}"
      })
  void whatIsSomebodyElsesIsNot(String text) {
    assertThat(in(text)).isFalse();
  }

  @Test
  void whereATypeStandsBesideAnIdItCounts() {
    assertThat(in("Condition/oHers112233")).isFalse();
    assertThat(keepsOut("Condition", "oHers112233", subject(BERT))).isFalse();
    assertThat(keepsOut("Observation", "oHers112233", "")).isTrue();
  }

  @Test
  void aRowGoesByItsColumnsWhateverTheIdLooksLike() {
    OptOuts optOuts = list.load();
    assertThat(optOuts.row("patient_name").add("id", "4711").any()).isTrue();
    assertThat(optOuts.row("vital_signs").add("patient_id", "4711").any()).isTrue();
    assertThat(optOuts.row("patient").add("_resource_id", "eDotty0011223344.").any()).isTrue();
    assertThat(optOuts.row("stays").add("subject_id", "4711").any()).isTrue();
    assertThat(optOuts.row("mine").add("parent_id", "oHers112233").any()).isTrue();
    assertThat(optOuts.row("condition").add("id", "4711").any()).isFalse();
    assertThat(optOuts.row("condition").add("id", "oHers112233").any()).isFalse();
    assertThat(optOuts.row("laboratory_result").add("id", "oHers112233").any()).isTrue();
    assertThat(optOuts.row("patient").add("age", "4711").any()).isFalse();
    assertThat(optOuts.row("report").add("patient_id", BERT).add("result_id", "oHers112233").any())
        .as("his report, which refers to what was hers")
        .isFalse();
  }

  /** A site calls its views and columns as it likes: Person, Location and Claim are types, too. */
  @ParameterizedTest
  @CsvSource({
    "person, id, " + ANNA,
    "person, person_id, " + ANNA,
    "person, person_id, 4711",
    "measurement, person_id, " + CAMILA,
    "visit, contact_person_id, 4711",
    "location_census, id, " + ANNA,
    "group_patient, _resource_id, " + CAMILA,
    "stays, member_id, " + ANNA,
    "encounter, location_id, " + ANNA,
    "condition_score, id, oHers112233",
    "person, id, oHers112233",
    "audit, device_entry_id, oHers112233"
  })
  void aNameOfATableOrColumnHidesNobody(String table, String column, String id) {
    assertThat(list.load().row(table).add(column, id).any()).isTrue();
    Mentions erased =
        new Mentions(
            List.of(
                "Patient/" + ANNA, "Patient/" + CAMILA, "Patient/4711", "Observation/oHers112233"));
    assertThat(erased.row(table).add(column, id).any()).isTrue();
    assertThat(list.load().row(table).add(column, BERT).any()).isFalse();
    assertThat(list.load().row(table).add(column, "4712").any()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"location_census, id, 4711", "person_status, status_id, 4711", "claim, id, 4711"})
  void aShortIdOfAnotherTypeIsAnybodys(String table, String column, String id) {
    assertThat(list.load().row(table).add(column, id).any()).isFalse();
  }

  @Test
  void aDeviceOrPractitionerKeepsNoOtherPatientOut() {
    list.add(List.of(person(ANNA)), List.of("Device/dVent11223344")); // by an earlier release
    String by = ",\"device\":{\"reference\":\"Device/dVent11223344\"}";
    assertThat(keepsOut("Observation", "oBert112233", subject(BERT) + by)).isFalse();
    OptOuts night = list.load();
    assertThat(keepsOut(night, "Practitioner", "prAnna112233", subject(ANNA))).isTrue();
    assertThat(night.learned()).isEmpty();
    assertThat(night.row("device_use").add("id", "dVent11223344").any()).isFalse();
    assertThat(night.row("orders").add("pump_device_id", "dVent11223344").any()).isFalse();
  }

  @Test
  void aChartThatWasPutRightComesIn() {
    assertThat(keepsOut("Observation", "oHers112233", "")).isTrue();
    assertThat(keepsOut("Observation", "oHers112233", subject(ANNA))).isTrue();
    assertThat(keepsOut("Observation", "oHers112233", subject(BERT))).isFalse();
  }

  /** An observation with its Binary, its provenance and an encounter; Bert's now. */
  @Test
  void whatMovedToAnotherPatientLeavesTheListWithItsDocuments() {
    list.add(
        List.of(person(ANNA)),
        List.of("Encounter/eVisit112233", "Binary/bHers11223344", "Provenance/vHers112233"));
    OptOuts night = list.load();
    String binary = ",\"valueAttachment\":{\"url\":\"Binary/bHers11223344\"}";
    String target = ",\"target\":[{\"reference\":\"Observation/oHers112233\"}]";
    assertThat(night.row("encounter_identifier").add("id", "eVisit112233").any()).isTrue();
    assertThat(keepsOut(night, "Provenance", "vHers112233", target)).isTrue();
    assertThat(keepsOut(night, "Binary", "bHers11223344", "")).isTrue();
    assertThat(keepsOut(night, "Observation", "oHers112233", subject(BERT) + binary)).isFalse();
    assertThat(keepsOut(night, "Encounter", "eVisit112233", subject(BERT))).isFalse();

    list.release(night.released());

    OptOuts now = list.load();
    assertThat(now.has("Observation", "oHers112233")).isFalse();
    assertThat(now.row("encounter_identifier").add("id", "eVisit112233").any()).isFalse();
    assertThat(keepsOut(now, "Binary", "bHers11223344", "")).isFalse();
    assertThat(keepsOut(now, "Provenance", "vHers112233", target)).isFalse();
    assertThat(now.released()).as("named nothing but what is his").isNotEmpty();
    assertThat(in("{\"request\":{\"url\":\"Observation/oHers112233\"}}")).isFalse();
    assertThat(keepsOut(now, "Observation", "oHers112233", subject(ANNA) + binary))
        .as("an old version names her")
        .isTrue();
    list.learn(now.learned());
    assertThat(list.load().has("Observation", "oHers112233")).as("hers again").isTrue();
    assertThat(list.load().has("Binary", "bHers11223344")).isTrue();
    assertThat(list.remove(Set.of("Patient/" + ANNA))).isEqualTo(1);
    assertThat(list.load().has("Patient", CAMILA)).isTrue();
  }

  @Test
  void aPersonIsNeverReleasedAndNothingThatNamesHerIs() {
    OptOuts night = list.load();
    assertThat(
            keepsOut(
                night,
                "Observation",
                "oHers112233",
                subject(BERT) + ",\"x\":\"Patient/" + ANNA + "\""))
        .isTrue();
    assertThat(keepsOut(night, "Observation", "oHers112233", "")).isTrue();
    assertThat(keepsOut(night, "Observation", "oHis11223344", subject(BERT))).isFalse();
    assertThat(night.released()).isEmpty();
    list.release(night.hashesOf("Patient/" + ANNA));
    assertThat(list.load().has("Patient", ANNA)).isTrue();
  }

  @Test
  void whoWasMergedByMistakeIsReadmittedById() {
    OptOuts night = list.load();
    String link = ",\"link\":[{\"other\":{\"reference\":\"Patient/" + ANNA + "\"}}]";
    assertThat(keepsOut(night, "Patient", BERT, link)).isTrue();
    list.learn(night.learned());
    assertThat(keepsOut("Observation", "oBert112233", subject(BERT))).isTrue();

    assertThat(list.remove(Set.of("Patient/" + BERT))).isEqualTo(1);

    assertThat(keepsOut("Patient", BERT, "")).isFalse();
    assertThat(keepsOut("Observation", "oBert112233", subject(BERT))).isFalse();
    assertThat(list.load().has("Patient", ANNA)).isTrue();
  }

  @Test
  void theBinaryOfADocumentThatStaysOutStaysOut() {
    OptOuts night = list.load();
    String attachment = ",\"content\":[{\"attachment\":{\"url\":\"Binary/bHers11223344\"}}]";
    assertThat(keepsOut(night, "DocumentReference", "dNew112233", subject(ANNA) + attachment))
        .isTrue();
    list.learn(night.learned());
    assertThat(keepsOut("Binary", "bHers11223344", "")).isTrue();
    assertThat(keepsOut("Binary", "bHis11223344", "")).isFalse();
  }

  @Test
  void twoWhoShareAnIdentifierAreTwo() {
    String masked = "urn:oid:2.16.840.1.113883.4.1|";
    list.add(List.of(person("eCarl00112233", masked)), List.of("Observation/oCarl112233"));
    list.add(List.of(person("eDora00112233", masked)), List.of("Observation/oDora112233"));

    assertThat(list.remove(Set.of("Patient/eCarl00112233"))).isEqualTo(1);

    assertThat(list.load().has("Patient", "eDora00112233")).isTrue();
    assertThat(list.load().has("Observation", "oDora112233")).isTrue();
  }

  @Test
  void oneOfTwoOfTheSameListComesBackWithHerData() {
    list.add(
        List.of(person("eCarl00112233"), person("eDora00112233")),
        Map.of(
            "Observation/oCarl112233", Set.of("Patient/eCarl00112233"),
            "Observation/oDora112233", Set.of("Patient/eDora00112233")));

    list.remove(Set.of("Patient/eDora00112233"));

    assertThat(list.load().has("Observation", "oDora112233")).isFalse();
    assertThat(list.load().has("Observation", "oCarl112233")).isTrue();
  }

  @Test
  void aListThatIsLostOrCutIsAnError() throws IOException {
    Path file = folder.resolve("state/opt-outs/list.txt");
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(0, lines.size() - 1));
    refused("it is incomplete");
    Files.write(file, lines.subList(1, lines.size() - 1));
    assertThat(list.load().has("Patient", ANNA)).as("as earlier releases wrote it").isTrue();
    Files.writeString(file, "");
    refused("it is missing or empty");
    Files.delete(file);
    refused("it is missing or empty");
    assertThatThrownBy(() -> list.add(List.of(person(BERT)), List.of()))
        .hasMessageContaining("it is missing or empty");
  }

  private void refused(String why) {
    assertThatThrownBy(list::load)
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
        .hasMessageContaining(why);
  }

  @Test
  void aListOfNobodyLeftIsAListStill() {
    list.remove(
        Set.of(
            "Patient/" + ANNA, "Patient/" + CAMILA, "Patient/eDotty0011223344.", "Patient/4711"));
    assertThat(list.load().isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"eBert1234567890abc\"",
        "https://h/R4/Patient/eC00112233/_history/2",
        "eD00112233 # x",
        "eE00112233,Anna",
        "Patient/",
        "urn:mrn | 4711",
        "eF00112233\u00a0",
        "eG00112233;",
        "urn:mrn|",
        "urn:mrn|4711;",
        "Observation/oHers112233"
      })
  void aLineThatIsNoNameIsRefusedWithItsNumber(String line) throws IOException {
    Path file = asked("eGood00112233\n" + line + "\n");
    assertThatThrownBy(() -> NamedPatients.read(file))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessageContaining("(system|value): 2;")
        // The folder's name has random digits.
        .extracting(e -> e.getMessage().replace(file.toString(), ""), STRING)
        .doesNotContain("0011", "4711");
  }

  @Test
  void namesOfEachKindAreRead() throws IOException {
    Path file =
        asked(
            "\uFEFFPatient/eA.\r\n# c\r\n\r\nhttps://h/R4/Patient/eB\r\n|77\r\nurn:x|a b/1\r\n4\r\n");
    assertThat(NamedPatients.read(file))
        .isEqualTo(new NamedPatients(Set.of("eA.", "eB", "4"), Set.of("|77", "urn:x|a b/1")));
  }

  @Test
  void theApprovedPatientsAreThoseWhateverTheFileLooksLike() throws IOException {
    ApprovedPatients approved =
        new ApprovedPatients(
            new Lake(new LakePaths(folder.toUri().toString()), new Configuration()));
    String digest = approved.digest(NamedPatients.read(asked("eA00112233\nurn:mrn|1\n")));
    String[] same = {"urn:mrn|1\neA00112233", "# why\r\nPatient/eA00112233\r\nurn:mrn|1\r\n"};
    String[] others = {"eA00112233\n", "eA00112233\nurn:mrn|2", "eA00112233\nurn:mrn|1\neB\n"};
    for (String text : same) {
      assertThat(approved.digest(NamedPatients.read(asked(text)))).isEqualTo(digest);
    }
    for (String text : others) {
      assertThat(approved.digest(NamedPatients.read(asked(text)))).isNotEqualTo(digest);
    }
    Path other = Files.createDirectories(folder.resolve("other"));
    assertThat(
            new ApprovedPatients(
                    new Lake(new LakePaths(other.toUri().toString()), new Configuration()))
                .digest(NamedPatients.read(asked(same[0]))))
        .as("no plain hash")
        .isNotEqualTo(digest);
  }

  private Path asked(String text) throws IOException {
    Path file = Files.writeString(folder.resolve("asked.txt"), text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }
}
