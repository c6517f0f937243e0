package io.epicfhir.extract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.epicfhir.common.job.JobRunner;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.optout.OptOutList;
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
import org.junit.jupiter.api.Test;

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
    assertThat(optOut("readmit", "--patients", list.toString())).isZero();
    assertThat(site.runAll("r2")).isZero();
    assertThat(newest().since()).as("everything is asked for").isNull();
    assertThat(bronze(newest())).hasSize(11);
    assertThat(optOut("readmit", "--patients", list.toString())).as("nobody is left").isEqualTo(5);
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
