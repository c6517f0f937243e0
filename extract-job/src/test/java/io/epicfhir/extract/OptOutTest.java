package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.ParquetRows;
import io.epicfhir.extract.bronze.BronzeColumn;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is on the list stays out of every export, whatever names them; and comes back. */
class OptOutTest extends SiteTest {
  private static final String ANNA = "eAnna00112233445566";
  private static final String NEW_ANNA = "eNewAnna665544332211";
  private static final String BERT = "eBert1234567890abc";

  /** By the last one Anna's record was merged into one whose id the list does not know. */
  private static Map<String, byte[]> files() {
    Map<String, byte[]> files = new TreeMap<>();
    files.put(
        "Observation.ndjson",
        lines(
            of("Observation", "oHers1", "Patient/" + ANNA),
            of("Observation", "oHers2", "https:\\/\\/ehr.example\\/R4\\/Patient\\/" + ANNA),
            of("Observation", "oHersNow3", "Patient/" + NEW_ANNA),
            of("Observation", "oHis4", "Patient/" + BERT)));
    files.put(
        "Patient.ndjson",
        lines(
            resource("Patient", ANNA, ""),
            resource("Patient", BERT, ""),
            resource(
                "Patient",
                "eBaby5566778899",
                ",\"extension\":[{\"url\":\"mother\",\"valueReference\":{\"reference\":\"Patient/"
                    + ANNA
                    + "\"}}]"),
            resource(
                "Patient",
                NEW_ANNA,
                ",\"link\":[{\"other\":{\"reference\":\"Patient/"
                    + ANNA
                    + "\"},\"type\":\"replaces\"}]")));
    files.put(
        "Provenance.ndjson",
        lines(
            target("vHers1", "Observation/oHers1"),
            target("vHers2", "Observation/oHersNow3"),
            target("vHis3", "Observation/oHis4")));
    return files;
  }

  private static byte[] lines(String... lines) {
    return (String.join("\n", lines) + "\n").getBytes(UTF_8);
  }

  private static String resource(String type, String id, String more) {
    return "{\"resourceType\":\"" + type + "\",\"id\":\"" + id + "\"" + more + "}";
  }

  private static String of(String type, String id, String patient) {
    return resource(type, id, ",\"subject\":{\"reference\":\"" + patient + "\"}");
  }

  private static String target(String id, String of) {
    return resource("Provenance", id, ",\"target\":[{\"reference\":\"" + of + "\"}]");
  }

  private List<String> bronze(Landing landing) {
    List<String> all = new ArrayList<>();
    for (Landing.File file : landing.files()) {
      BronzeColumn.read(
          site.lake().hadoop(),
          site.lake().paths().at(file.path()),
          "resource",
          line -> all.add(line.toStringUsingUTF8()));
    }
    return all;
  }

  private Landing newest() {
    List<Landing> landings = site.landings();
    return landings.get(landings.size() - 1);
  }

  @Test
  void theirLinesNeverReachBronzeUntilTheyAreReadmitted() throws IOException {
    open(files(), o -> o);
    site.settings.put("bulk.types", "[Patient, Observation, Provenance]");
    site.settings.put("bulk.hydrate", "[]");
    new OptOutList(site.lake())
        .add(
            List.of(
                new OptOutList.Person(
                    new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of("urn:mrn|4711"))),
            List.of());

    assertThat(site.runAll("r1")).isZero();

    assertThat(bronze(newest()))
        .hasSize(4)
        .anyMatch(line -> line.contains("eBaby5566778899"))
        .noneMatch(line -> line.contains("Hers") || line.contains(NEW_ANNA));
    KeyedHashes hasher = new OptOutList(site.lake()).hasher().orElseThrow();
    assertThat(KeptOut.read(site.lake(), newest()))
        .as("so that the tables can lose what they have of it as somebody else's")
        .containsExactlyInAnyOrderElementsOf(
            Stream.of(
                    "Observation/oHers1",
                    "Observation/oHers2",
                    "Observation/oHersNow3",
                    "Patient/" + ANNA,
                    "Patient/" + NEW_ANNA,
                    "Provenance/vHers1",
                    "Provenance/vHers2")
                .map(key -> KeptOut.entry(key, hasher))
                .toList());
    JsonNode result = site.report("r1", "extract").path("result");
    assertThat(result.path("opted_out").toString())
        .isEqualTo("{\"Observation\":3,\"Patient\":2,\"Provenance\":2}");
    JsonNode counts = site.report("r1", "extract").at("/resources/Provenance");
    assertThat(counts.toString()).contains("\"received\":3,\"written\":1,\"rejected\":0");
    try (Stream<Path> state = Files.walk(folder.resolve("lake/state"))) {
      assertThat(state.filter(Files::isRegularFile))
          .allSatisfy(
              f -> assertThat(new String(Files.readAllBytes(f), UTF_8)).doesNotContain(ANNA));
    }

    Path list = Files.writeString(folder.resolve("back.txt"), "urn:mrn|4711\n");
    Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-------"));
    assertThat(optOut("plan-readmit", "--patients", list.toString())).isZero();
    Path plan = folder.resolve("lake/metrics/erase/x/plan-readmit.json");
    String approved = new JsonMapper().readTree(plan.toFile()).at("/result/list").asText();
    Files.writeString(list, "Patient/" + NEW_ANNA + "\n");
    assertThat(optOut("readmit", "--patients", list.toString(), "--approved", approved))
        .as("somebody else than was counted")
        .isEqualTo(2);
    assertThat(optOut("readmit", "--patients", list.toString(), "--approved", "")).isEqualTo(2);
    Files.writeString(list, "urn:mrn|4711\n");
    assertThat(optOut("readmit", "--patients", list.toString(), "--approved", approved)).isZero();
    assertThat(folder.resolve("lake/state/crawl/readmitted.txt")).as("crawls ask for all").exists();
    assertThat(site.runAll("r2")).isZero();
    assertThat(newest().since()).as("everything is asked for").isNull();
    assertThat(newest().keptOut()).isNull();
    assertThat(bronze(newest())).hasSize(11);
    assertThat(optOut("readmit", "--patients", list.toString())).as("nobody is left").isEqualTo(5);
    assertThat(optOut("plan-readmit", "--patients", list.toString())).isEqualTo(5);
  }

  /** An undone merge: all that was erased as hers is his, and nothing of it names her any more. */
  @Test
  void whatTheHospitalMovedToAnotherPatientIsHisWithItsDocumentsAndDeletions() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("Binary.ndjson", lines(resource("Binary", "bMoved11223344", ",\"data\":\"QQ==\"")));
    files.put("DocumentReference.ndjson", lines(document("dMoved112233", BERT, "bMoved11223344")));
    files.put("Observation.ndjson", lines(of("Observation", "oMoved112233", "Patient/" + BERT)));
    files.put("Provenance.ndjson", lines(target("vMoved112233", "Observation/oMoved112233")));
    files.put("Patient.ndjson", lines(resource("Patient", BERT, "")));
    open(files, o -> o);
    site.settings.put(
        "bulk.types", "[Binary, DocumentReference, Observation, Provenance, Patient]");
    site.settings.put("bulk.hydrate", "[]");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of(
                "Binary/bMoved11223344",
                "DocumentReference/dMoved112233",
                "Observation/oMoved112233",
                "Provenance/vMoved112233"));

    assertThat(site.runAll("r1")).isZero();

    assertThat(bronze(newest())).hasSize(5);
    assertThat(site.report("r1", "extract").path("notes").toString())
        .as("its second look at the files is no second try")
        .doesNotContain("earlier try");
    assertThat(newest().keptOut()).isNull();
    assertThat(site.report("r1", "extract").at("/result/opted_out").size()).isZero();
    assertThat(new OptOutList(site.lake()).load().has("Patient", ANNA)).isTrue();

    Files.writeString(site.data.resolve("Observation.ndjson"), "");
    site.server.store().reload();
    assertThat(site.runAll("r2")).isZero();
    assertThat(bronze(newest()))
        .singleElement()
        .asString()
        .contains("DELETE", "Observation/oMoved112233");
  }

  /** What shows it is read by its id, when the export's files are taken in already. */
  @Test
  void whatAReadShowsToBeAnotherPatientsComesWithWhatRefersToIt()
      throws IOException, InterruptedException {
    readingShowsIt("");
  }

  @Tag("long")
  @Test
  void soItDoesIfThatTryDies() throws IOException, InterruptedException {
    readingShowsIt("optout.released:1");
  }

  private void readingShowsIt(String failpoint) throws IOException, InterruptedException {
    Map<String, byte[]> files = new TreeMap<>();
    files.put("Encounter.ndjson", lines(of("Encounter", "eMoved112233", "Patient/" + BERT)));
    files.put(
        "Observation.ndjson",
        lines(
            resource(
                "Observation",
                "oHis11223344",
                subject(BERT) + ",\"encounter\":{\"reference\":\"Encounter/eMoved112233\"}")));
    files.put("Provenance.ndjson", lines(target("vMoved112233", "Encounter/eMoved112233")));
    files.put("Patient.ndjson", lines(resource("Patient", BERT, "")));
    open(files, o -> o);
    site.settings.put("bulk.types", "[Observation, Provenance, Patient]");
    site.settings.put("bulk.hydrate", "[Encounter]");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of("Encounter/eMoved112233"));
    if (!failpoint.isEmpty()) {
      assertThat(site.run(new KickOff(), "r1", "kick_off")).isZero();
      assertThat(site.run(new ExportStatus(), "r1", "wait")).isZero();
      String[] arguments = site.arguments("r1", "extract");
      assertThat(ChildJvm.run(Extract.class, failpoint, arguments)).isEqualTo(ChildJvm.KILLED);
    }

    assertThat(site.runAll("r1")).isZero();

    assertThat(bronze(newest()))
        .hasSize(4)
        .anyMatch(line -> line.contains("\"vMoved112233\""))
        .anyMatch(line -> line.contains("\"id\":\"eMoved112233\""));
    assertThat(newest().keptOut()).isNull();
    assertThat(site.report("r1", "extract").at("/result/opted_out").size()).isZero();
  }

  /** Bert's report names Anna's specimen, and cannot be read one night: it may be anybody's. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"id\":\"x\",\"resourceType\":\"DiagnosticReport\",\"id\":\"rHis11223344\"%s}",
        "{\"id\":\"rHis11223344\"%s}",
        "[{\"resourceType\":\"DiagnosticReport\",\"id\":\"rHis11223344\"%s}]",
        "{\"resourceType\":\"DiagnosticReport\"%s}",
        "[\n {\n  \"resourceType\": \"DiagnosticReport\",\n  \"id\": \"rHis11223344\"%s\n }\n]"
      })
  void aLineThatCannotBeReadAndNamesSomethingOfHersCountsAsUnread(String line) throws IOException {
    String his = subject(BERT) + ",\"specimen\":[{\"reference\":\"Specimen/sHers112233\"}]";
    Map<String, byte[]> files = new TreeMap<>();
    files.put(
        "DiagnosticReport.ndjson",
        lines(resource("DiagnosticReport", "rSound112233", subject(BERT)), line.formatted(his)));
    files.put("Patient.ndjson", lines(resource("Patient", BERT, "")));
    open(files, o -> o);
    site.settings.put("bulk.types", "[DiagnosticReport, Patient]");
    site.settings.put("bulk.hydrate", "[]");
    site.settings.put("bulk.max-rejected-share", "0.0");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of("Specimen/sHers112233"));

    assertThat(site.runAll("r1")).isEqualTo(5);

    assertThat(site.error("r1", "extract"))
        .contains("lines cannot be read", "name an opted-out patient", "bulk.max-rejected-share")
        .doesNotContain("rHis11223344");
    assertThat(folder.resolve("lake/quarantine")).doesNotExist();
    assertThat(site.report("r1", "extract").at("/result/opted_out/DiagnosticReport").asLong())
        .isPositive();
    site.settings.put("bulk.max-rejected-share", "1.0");
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();
    assertThat(newest().completeTypes()).as("what it lacks may be in it").isEmpty();
    assertThat(bronze(newest())).hasSize(2);
  }

  /** The list of what stayed out is lost: the export lands again, with another one. */
  @Test
  void aLandingWhoseListOfWhatStayedOutIsDamagedIsMadeAgain() throws IOException {
    open(files(), o -> o);
    site.settings.put("bulk.types", "[Patient, Observation, Provenance]");
    site.settings.put("bulk.hydrate", "[]");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of());
    assertThat(site.runAll("r1")).isZero();
    Set<String> before = KeptOut.read(site.lake(), newest());
    Files.delete(folder.resolve("lake").resolve(newest().keptOut().path()));

    assertThat(site.run(new Extract(), "r1", "extract"))
        .as("the server has removed the export: it is requested again")
        .isEqualTo(4);
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();

    assertThat(KeptOut.read(site.lake(), newest())).isEqualTo(before).hasSize(7);
    try (Stream<Path> lists = Files.list(folder.resolve("lake/state/kept-out"))) {
      assertThat(lists.filter(file -> file.toString().endsWith(".txt"))).hasSize(1);
    }
  }

  /**
   * What is in quarantine is said to be hers by a later line of the same resource, by a later piece
   * of a long line, or by another resource: in the files before it or behind it.
   */
  @Test
  void noPartOfTheirResourcesReachesQuarantine() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    String cut =
        "{\"resourceType\":\"Observation\",\"id\":\"oNew1\",\"valueString\":\"HERS\n\n%s\"%s}";
    files.put(
        "Observation.ndjson",
        lines(
            of("Observation", "oHersNow3", "Patient/" + ANNA),
            cut.formatted("HERS again", subject(ANNA)),
            cut.formatted("HERS again", subject(ANNA) + ",\n\"note\":\"HERS\""),
            "{\n \"valueString\": \"HERS\",\n \"subject\": {\n  \"reference\": \"Patient/"
                + ANNA
                + "\"\n }\n}",
            of("Observation", "oHis4", "Patient/" + BERT),
            cut.replace("HERS", "HIS").formatted("HIS again", subject(BERT))));
    files.put(
        "Binary.ndjson",
        lines(
            resource("Binary", "bNew112233445", ",\"data\":\"" + "HERS".repeat(5000) + "\""),
            resource("Binary", "77", ",\"data\":\"" + "HERS".repeat(5000) + "\""),
            resource("Binary", "bHis112233445", ",\"data\":\"" + "HIS".repeat(5000) + "\"")));
    files.put(
        "DocumentReference.ndjson",
        lines(
            document("d1", ANNA, "bNew112233445"),
            document("d2", ANNA, "77"),
            longLine(9_980, ANNA), // the name is in the second piece, or in both
            longLine(10_000 - 80, ANNA),
            longLine(10_000 - 75, ANNA),
            longLine(20_000, ANNA),
            longLine(20_000, BERT)));
    files.put(
        "Provenance.ndjson",
        lines(
            target("vHers2", "Observation/oHersNow3").replace("\"id\":\"vHers2\",", ""),
            target("vHers2", "Observation/oHersNow3").replace("{\"res", "{\"id\":\"x\",\"res"),
            target("vHis2", "Observation/oHis4").replace("\"id\":\"vHis2\",", "")));
    open(files, o -> o);
    site.settings.put(
        "bulk.types", "[Binary, DocumentReference, Observation, Provenance, Patient]");
    site.settings.put("bulk.hydrate", "[]");
    site.settings.put("bulk.max-rejected-share", "1.0");
    site.settings.put("bronze.max-line-size", "10000");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of());

    assertThat(site.runAll("r1")).isZero();

    List<String> lines = quarantined();
    assertThat(lines)
        .noneMatch(line -> line.contains("HERS") || line.contains("oHersNow3"))
        .noneMatch(line -> line.contains("valueString") && !line.contains("HIS"));
    // Two lines of his broken observation, two pieces of his Binary, three of his document.
    assertThat(lines).hasSize(2 + 2 + 3 + 1);
    JsonNode report = site.report("r1", "extract");
    for (String type : List.of("Binary", "DocumentReference", "Observation", "Provenance")) {
      JsonNode counts = report.at("/resources/" + type);
      assertThat(counts.path("received").asLong())
          .as(type)
          .isEqualTo(
              counts.path("written").asLong()
                  + counts.path("rejected").asLong()
                  + report.at("/result/opted_out/" + type).asLong());
    }
    assertThat(report.at("/resources/Binary/rejected").asLong()).isEqualTo(1);
    assertThat(report.at("/resources/Provenance/rejected").asLong()).isEqualTo(1);
    assertThat(report.at("/resources/DocumentReference/rejected").asLong()).isEqualTo(1);
    assertThat(report.at("/resources/Observation/rejected").asLong()).isEqualTo(2);
  }

  private List<String> quarantined() throws IOException {
    List<String> all = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("lake/quarantine"))) {
      files
          .filter(file -> file.toString().endsWith(".parquet"))
          .forEach(
              file ->
                  ParquetRows.any(
                      site.lake().hadoop(),
                      new org.apache.hadoop.fs.Path(file.toUri()),
                      row -> !all.add(new String(ParquetRows.bytes(row, "line"), UTF_8))));
    }
    return all;
  }

  private static String subject(String patient) {
    return ",\"subject\":{\"reference\":\"Patient/" + patient + "\"}";
  }

  private static String document(String id, String patient, String binary) {
    return resource(
        "DocumentReference",
        id,
        subject(patient) + ",\"content\":[{\"attachment\":{\"url\":\"Binary/" + binary + "\"}}]");
  }

  /** As a database orders the elements: the content is before the patient. */
  private static String longLine(int before, String patient) {
    String mark = patient.equals(ANNA) ? "HERS" : "HIS ";
    String data = mark.repeat(before / 4);
    return "{\"content\":[\"%s\"]%s,\"resourceType\":\"DocumentReference\",\"pad\":\"%s\"}"
        .formatted(data, subject(patient), "-".repeat(3000));
  }

  /** The lines that the first try took in lack them. */
  @Test
  void whoIsReadmittedBetweenTwoTriesOfAFullExportComesWithTheNext() throws IOException {
    open(files(), o -> o);
    site.settings.put("bulk.types", "[Patient, Observation, Provenance]");
    site.settings.put("bulk.hydrate", "[]");
    site.settings.put("bulk.newcomers", "off");
    site.settings.put("source.max-tries", "2");
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            List.of());
    site.server.faults().times(2, Match.file("Provenance"), Fault.reset(20));
    assertThat(site.runAll("r1")).isEqualTo(4);
    Path list = Files.writeString(folder.resolve("back.txt"), "Patient/" + ANNA + "\n");
    Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("rw-------"));
    assertThat(optOut("readmit", "--patients", list.toString())).isZero();
    assertThat(site.run(new Extract(), "r1", "extract")).isZero();

    assertThat(site.runAll("r2")).isZero();
    assertThat(site.runAll("r3")).isZero();

    assertThat(site.landings().get(1).since()).as("asked for in full again").isNull();
    assertThat(bronze(site.landings().get(1))).anyMatch(line -> line.contains(ANNA));
    assertThat(newest().since()).as("they are back").isNotNull();
  }

  private int optOut(String mode, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--conf",
                site.settingsFile().toString(),
                "--dag",
                "erase",
                "--run",
                "x",
                "--task",
                mode,
                "--interval-end",
                "2026-03-02T00:00:00Z",
                "--mode",
                mode));
    arguments.addAll(List.of(more));
    return JobRunner.run(new OptOut(), arguments.toArray(String[]::new));
  }
}
