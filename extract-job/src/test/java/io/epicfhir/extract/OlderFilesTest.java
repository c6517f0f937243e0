package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ChildJvm;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.KeptOut;
import io.epicfhir.common.optout.KeyedHashes;
import io.epicfhir.common.optout.OptOutList;
import io.epicfhir.common.optout.OptOuts;
import io.epicfhir.extract.bronze.BronzeColumn;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import io.epicfhir.sandbox.http.RequestKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The hospital moves a resource from an erased patient to another one while the export's files are
 * made: one still has it as the erased patient's, another has what refers to it as the other's, and
 * a read of it says the same. The read is newer.
 */
class OlderFilesTest extends SiteTest {
  private static final String ANNA = "eAnna00112233445566";
  private static final String BERT = "eBert1234567890abc";

  /**
   * What was moved.
   *
   * @param files how they have it, by type
   * @param listed what is on the list as hers
   * @param hers what still is
   */
  private record Moved(String key, Map<String, String> files, List<String> listed, String hers) {
    String type() {
      return key.substring(0, key.indexOf('/'));
    }

    String id() {
      return key.substring(key.indexOf('/') + 1);
    }

    @Override
    public String toString() {
      return key + " beside " + hers;
    }
  }

  static Stream<Moved> moved() {
    String document = "{'id':'ID','subject':WHO,'content':[{'attachment':{'url':'KEY'}}]}";
    String binary = document.replace("KEY", "Binary/bMoved11223344");
    return Stream.of(
        // The old text names her.
        new Moved(
            "Observation/oMoved112233",
            Map.of("Observation", "{'id':'oMoved112233','subject':ANNA}"),
            List.of("Observation/oMoved112233"),
            ""),
        // The old text names nobody but what is new of hers.
        new Moved(
            "Observation/oMoved112233",
            Map.of(
                "Observation",
                "{'id':'oNewHers1122','subject':ANNA}\n"
                    + "{'id':'oMoved112233','hasMember':[{'reference':'Observation/oNewHers1122'}]}"),
            List.of("Observation/oMoved112233"),
            "Observation/oNewHers1122"),
        // A document of hers names it, which has no text of its own in any file.
        new Moved(
            "Binary/bMoved11223344",
            Map.of(
                "DocumentReference",
                binary.replace("ID", "dHers1122334").replace("WHO", "ANNA")
                    + "\n"
                    + binary.replace("ID", "dHis11223344").replace("WHO", "BERT")),
            List.of("Binary/bMoved11223344", "DocumentReference/dHers1122334"),
            "DocumentReference/dHers1122334"));
  }

  private static String resource(String type, String rest) {
    return rest.replaceFirst("^\\{", "{'resourceType':'" + type + "',")
        .replace("ANNA", "{'reference':'Patient/" + ANNA + "'}")
        .replace("BERT", "{'reference':'Patient/" + BERT + "'}")
        .replace('\'', '"');
  }

  private static byte[] file(String type, String lines) {
    StringBuilder text = new StringBuilder();
    lines.lines().forEach(line -> text.append(resource(type, line)).append('\n'));
    return text.toString().getBytes(UTF_8);
  }

  private void openWith(Moved moved) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    moved.files().forEach((type, lines) -> files.put(type + ".ndjson", file(type, lines)));
    files.put("Patient.ndjson", file("Patient", "{'id':'" + BERT + "'}"));
    files.put(
        "DiagnosticReport.ndjson",
        file(
            "DiagnosticReport",
            "{'id':'rHis11223344','subject':BERT,'result':[{'reference':'KEY'}]}"
                .replace("KEY", moved.key())));
    files.put(
        "Provenance.ndjson",
        file(
            "Provenance",
            "{'id':'vMoved112233','target':[{'reference':'KEY'}]}".replace("KEY", moved.key())));
    open(files, o -> o);
    site.settings.put(
        "bulk.types", "[Observation, DocumentReference, DiagnosticReport, Provenance, Patient]");
    site.settings.put("bulk.hydrate", "[Observation]");
    site.settings.put("crawl.attachments.enabled", "true");
    String field = moved.type().equals("Binary") ? "securityContext" : "subject";
    site.server
        .faults()
        .always(
            new Match(Optional.of(RequestKind.READ), Optional.of(moved.type())),
            Fault.answer(
                200,
                "application/fhir+json",
                resource(
                    moved.type(),
                    "{'id':'ID','contentType':'text/plain','data':'QQ==','FIELD':BERT}"
                        .replace("ID", moved.id())
                        .replace("FIELD", field))));
    new OptOutList(site.lake())
        .add(
            List.of(new OptOutList.Person(new TreeSet<>(Set.of("Patient/" + ANNA)), Set.of())),
            moved.listed());
  }

  @ParameterizedTest
  @MethodSource("moved")
  @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void theExportLandsWithItAsTheOthersAndWithWhatRefersToIt(Moved moved) throws IOException {
    openWith(moved);

    assertThat(site.runAll("r1")).isZero();

    landed(moved);
  }

  /** Its reads are kept, and so is what they show. */
  @Tag("long")
  @ParameterizedTest
  @MethodSource("moved")
  @Timeout(value = 2, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void soItDoesIfThatTryDies(Moved moved) throws IOException, InterruptedException {
    openWith(moved);
    assertThat(kickOff()).isZero();
    assertThat(status()).isZero();
    String[] arguments = site.arguments("r1", "extract");
    assertThat(ChildJvm.run(Extract.class, "optout.released:1", arguments))
        .isEqualTo(ChildJvm.KILLED);

    assertThat(extract()).isZero();

    landed(moved);
  }

  private void landed(Moved moved) throws IOException {
    Landing landing = site.landings().get(0);
    List<String> bronze = new ArrayList<>();
    for (Landing.File file : landing.files()) {
      BronzeColumn.read(
          site.lake().hadoop(),
          site.lake().paths().at(file.path()),
          "resource",
          line -> bronze.add(line.toStringUsingUTF8()));
    }
    assertThat(bronze)
        .noneMatch(line -> line.contains(ANNA) || line.contains("Hers"))
        .filteredOn(line -> !line.contains("dHis"))
        .hasSize(4)
        .anyMatch(line -> line.contains("\"id\":\"" + moved.id() + "\"") && line.contains(BERT))
        .anyMatch(line -> line.contains("\"vMoved112233\""))
        .anyMatch(line -> line.contains("\"rHis11223344\""));
    KeyedHashes hasher = new OptOutList(site.lake()).hasher().orElseThrow();
    assertThat(KeptOut.read(site.lake(), landing))
        .as("the tables keep what they have of it")
        .isEqualTo(moved.hers().isEmpty() ? Set.of() : Set.of(KeptOut.entry(moved.hers(), hasher)));
    OptOuts list = new OptOutList(site.lake()).load();
    assertThat(list.has(moved.type(), moved.id())).isFalse();
    assertThat(list.has("Provenance", "vMoved112233")).isFalse();
    assertThat(list.has("Patient", ANNA)).isTrue();
  }
}
