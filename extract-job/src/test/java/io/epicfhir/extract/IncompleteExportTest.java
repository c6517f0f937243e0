package io.epicfhir.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.epicfhir.sandbox.epic.Behaviour;
import io.epicfhir.sandbox.faults.Fault;
import io.epicfhir.sandbox.faults.Match;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Why an export need not hold all of a type, and what is then known of what it lacks. */
class IncompleteExportTest extends ConditionsTest {
  private static final JsonMapper MAPPER = new JsonMapper();

  @Test
  void withoutAnIndexBronzeTellsWhatThereWasAndACompleteExportWhatIsKnownToBeGone()
      throws IOException {
    open(o -> o.without(Behaviour.CONDITION_ACCESS_ERRORS));
    List<String> all = served("Condition");
    assertThat(site.runAll("r1")).isZero();
    site.server.site().retract(all.subList(0, 2));
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.newest(site).completeTypes()).contains("Condition");
    site.server.site().retract(all.subList(2, 4));
    site.settings.put("bulk.accepted-errors", "[exception]");
    site.server
        .faults()
        .once(Match.file("Condition"), Fault.errorFile("error", "exception", "a part is missing"));

    assertThat(site.runAll("r3")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(all.subList(2, 4));
    assertThat(reads()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"an error without a type", "lines in quarantine"})
  void whateverMakesAnExportIncompleteItsTypesAreConfirmed(String cause) throws IOException {
    open(o -> o);
    site.settings.put("bulk.accepted-errors", "[\"Condition:59204\", exception]");
    site.settings.put("bulk.max-rejected-share", "0.5");
    assertThat(site.runAll("r1")).isZero();
    List<String> gone = new ArrayList<>(served("Encounter").subList(0, 1));
    site.server.site().retract(gone);
    String retired = patient(2);
    site.server.site().merge(retired, patient(10));
    gone.add("Patient/" + retired);
    Fault fault =
        cause.startsWith("lines")
            ? Fault.extraLine("{\"resourceType\":\"Encounter\"}\n")
            : Fault.errorFile("error", "exception", "a part is missing");
    site.server.faults().once(Match.file("Encounter"), fault);

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.newest(site).completeTypes()).isEmpty();
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(gone);
  }

  @Test
  void ofATypeThatAFilterNarrowsWhatLeftTheFilterStaysAndWhatWentIsDeleted() throws IOException {
    open(o -> o.without(Behaviour.CONDITION_ACCESS_ERRORS));
    site.settings.put("bulk.type-filters", "[\"Condition?category=problem\"]");
    assertThat(site.runAll("r1")).isZero();
    List<String> all = served("Condition");
    site.server
        .site()
        .correct(
            all.get(0),
            (ObjectNode) MAPPER.readTree("{\"category\":[{\"coding\":[{\"code\":\"other\"}]}]}"));
    site.server.site().retract(List.of(all.get(1)));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.deleted(site)).containsExactly(all.get(1));
    assertThat(EpicSite.landed(site))
        .containsEntry(all.get(0), EpicSite.reached(site, "export").get(all.get(0)));
  }

  @ParameterizedTest
  @CsvSource({
    "30 days,the next one is due at 20",
    "0 days,bulk.full-every = 0 turns full exports off"
  })
  void anExportOfChangesCannotTellAndSaysWhenItIsKnown(String every, String when)
      throws IOException {
    open(o -> o.without(Behaviour.SINCE_IGNORED).without(Behaviour.GROUP_UNREADABLE));
    site.settings.put("bulk.mode", "incremental");
    site.settings.put("bulk.full-every", "\"" + every + "\"");
    assertThat(site.runAll("r1")).isZero();
    assertThat(result("r1").path("warnings")).isEmpty();
    site.server.site().hide(List.of(served("Condition").get(0)));

    assertThat(site.runAll("r2")).isZero();

    assertThat(EpicSite.newest(site).since()).isNotNull();
    assertThat(warnings("r2")).contains("could not export all changes of Condition", when);
    assertThat(reads()).isZero();
  }

  /**
   * The first export brings "exported", and "hidden" by reference; one of changes "b1" and "b2",
   * and by reference of these the specimens "s1", "s2" and "s3". Its indexes are lost.
   */
  @ParameterizedTest
  @CsvSource({"'Observation,Specimen',false", "Observation,false", "'Observation,Specimen',true"})
  void whatAnExportBroughtWhoseIndexIsLostIsKnownToBeGoneAllTheSame(String lost, boolean between)
      throws IOException {
    Map<String, List<String>> lines = new TreeMap<>();
    EpicSite.add(lines, "Patient", "{'resourceType':'Patient','id':'p1'}");
    EpicSite.add(lines, "DiagnosticReport", of("DiagnosticReport", "r", "Observation/hidden"));
    EpicSite.add(lines, "Observation", of("Observation", "exported", ""));
    EpicSite.add(lines, "Observation", of("Observation", "hidden", ""));
    for (String id : List.of("s1", "s2", "s3")) {
      EpicSite.add(lines, "Specimen", of("Specimen", id, ""));
    }
    site = Site.open(folder, EpicSite.files(lines), o -> o);
    site.server.site().hide(List.of("Observation/hidden"));
    site.settings.put("bulk.types", "[Patient, Observation, DiagnosticReport]");
    site.settings.put("bulk.mode", "incremental");
    assertThat(site.runAll("r1")).isZero();
    EpicSite.add(lines, "Observation", of("Observation", "b1", "Specimen/s1"));
    EpicSite.add(lines, "Observation", of("Observation", "b2", "Specimen/s2"));
    EpicSite.add(lines, "DiagnosticReport", of("DiagnosticReport", "r1", "Specimen/s3"));
    for (Map.Entry<String, byte[]> file : EpicSite.files(lines).entrySet()) {
      Files.write(site.data.resolve(file.getKey()), file.getValue());
    }
    site.server.store().reload();
    assertThat(site.runAll("r2")).isZero();
    assertThat(EpicSite.newest(site).since()).isNotNull();
    for (String type : lost.split(",", -1)) {
      lose(type, EpicSite.newest(site).exportId());
    }
    if (between) {
      assertThat(site.runAll("r3")).isZero();
      assertThat(EpicSite.newest(site).since()).isNotNull();
    }
    List<String> gone =
        List.of("Observation/b1", "Observation/exported", "Observation/hidden", "Specimen/s1");
    site.server.site().retract(gone);
    site.server.site().retract(List.of("DiagnosticReport/r", "DiagnosticReport/r1"));
    site.settings.put("bulk.mode", "full");

    assertThat(site.runAll("r4")).isZero();

    Set<String> known = new TreeSet<>(gone);
    if (!lost.contains("Specimen")) {
      known.remove("Specimen/s1"); // read not long ago
    }
    if (between) {
      known.remove("Observation/hidden"); // likewise
    }
    assertThat(EpicSite.deleted(site)).containsExactlyInAnyOrderElementsOf(known);
    assertThat(site.runAll("r5")).isZero();
    assertThat(EpicSite.deleted(site)).as("said once").isEmpty();
  }

  private static String of(String type, String id, String names) {
    String more = names.isEmpty() ? "" : ",'" + element(names) + "':" + reference(names);
    return "{'resourceType':'" + type + "','id':'" + id + "',SUBJECT" + more + "}";
  }

  private static String element(String names) {
    return names.startsWith("Specimen") ? "specimen" : "result";
  }

  private static String reference(String names) {
    return "[{'reference':'" + names + "'}]";
  }

  private void lose(String type, String exportId) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("lake/state/crawl"))) {
      List<Path> named =
          files.filter(file -> file.endsWith(type + "/" + exportId + ".idx")).toList();
      assertThat(named).hasSize(1);
      Files.delete(named.get(0));
    }
  }
}
