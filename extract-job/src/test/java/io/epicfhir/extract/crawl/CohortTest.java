package io.epicfhir.extract.crawl;

import static io.epicfhir.extract.crawl.Clinic.bundle;
import static io.epicfhir.extract.crawl.Clinic.entry;
import static io.epicfhir.extract.crawl.Clinic.outcome;
import static io.epicfhir.extract.crawl.People.patient;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.extract.crawl.Clinic.Reply;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Members of a Group, ids of a file, patients of a search: taken or refused, never dropped. */
class CohortTest {
  @TempDir Path folder;
  private Clinic clinic;
  private CrawlSite site;

  @BeforeEach
  void open() throws IOException {
    clinic = new Clinic();
    for (String id : new String[] {"a", "b", "c", "d"}) {
      clinic.has(
          patient(id).replace("\"id\"", "\"identifier\":[{\"value\":\"MRN-" + id + "\"}],\"id\""));
    }
    site = clinic.site(folder);
    site.set("crawl.patients.from", "group").set("crawl.patients.group", "g");
    Clinic.plan(site, "Patient = \"_id={patient}\"");
  }

  @AfterEach
  void close() throws IOException {
    clinic.close();
  }

  private static String group(String id, String type, String... members) {
    return "{\"resourceType\":\"Group\",\"id\":\""
        + id
        + "\",\"type\":\""
        + type
        + "\",\"actual\":true,\"member\":["
        + String.join(",", members)
        + "]}";
  }

  private static String member(String reference) {
    return "{\"entity\":{\"reference\":\"" + reference + "\"}}";
  }

  private static String identified(String value) {
    return "{\"entity\":{\"identifier\":{\"system\":\"urn:mrn\",\"value\":\"" + value + "\"}}}";
  }

  @Test
  void membersAreFoundByEveryKindOfReferenceAndInNestedGroups() throws IOException {
    String absolute = clinic.base() + "/Patient/b";
    clinic.has(
        group(
            "g",
            "person",
            member("Patient/a/_history/3"),
            member(absolute.replace("http", "HTTP")),
            member("Group/inner"),
            "{\"entity\":{\"reference\":\"Practitioner/x\"},\"inactive\":true}"),
        group("inner", "person", identified("MRN-c"), member("Group/g"), member("Patient/a")));

    assertThat(site.crawl("r1")).isZero();

    assertThat(site.newest()).hasSize(3).allMatch(line -> line.matches(".*\"id\":\"[abc]\".*"));
    assertThat(clinic.count("Group/")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "Practitioner/x, Practitioner=1",
    "Device/x, Device=1",
    "http://other.example.org/R4/Patient/a, at another server=1",
    "urn:uuid:1, inside the Group=1",
    "#p1, inside the Group=1",
    "'', without a reference=1"
  })
  void aMemberThatIsNoPatientOfTheServerIsRefusedWithoutItsId(String reference, String why)
      throws IOException {
    clinic.has(group("g", "person", member("Patient/a"), member(reference)));
    assertThat(site.crawl("r1")).isEqualTo(3);
    assertThat(site.error("r1")).contains("{" + why + "}").doesNotContain("urn:uuid:1", "/x");
  }

  @Test
  void aGroupOfPractitionersOrAnUnknownMemberIsRefused() throws IOException {
    clinic.has(group("g", "practitioner"));
    assertThat(site.crawl("r1")).isEqualTo(3);
    assertThat(site.error("r1")).contains("its type is not person (practitioner)");

    clinic.has(group("g", "person", member("Patient/a"), identified("MRN-z")));
    assertThat(site.crawl("r2")).isEqualTo(5);
    assertThat(site.error("r2")).contains("1 of 1 members of the group").doesNotContain("MRN-z");
    site.set("crawl.accepted-errors", "patient-not-found");
    assertThat(site.crawl("r2")).isZero();
    assertThat(site.newest()).hasSize(1);
  }

  /** A proxy that drops the form, or two patients who share a number. */
  @Test
  void anMrnThatFindsSeveralPatientsIsRed() throws IOException {
    clinic.answers(
        "Patient?identifier=",
        Reply.fhir(200, bundle("", entry(patient("a")), entry(patient("b")))));
    site.set("crawl.patients.from", "file").set("crawl.patients.mrn-system", "urn:mrn");
    Files.writeString(folder.resolve("ids.txt"), "MRN-c\n");

    assertThat(site.crawl("r1")).isEqualTo(5);

    assertThat(site.error("r1"))
        .contains("1 of 1 MRNs of crawl.patients.file find several patients", "patient-ambiguous")
        .doesNotContain("MRN-c");
    site.set("crawl.accepted-errors", "patient-ambiguous");
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).hasSize(2);
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheFirstId() throws IOException {
    site.set("crawl.patients.from", "file");
    Files.writeString(folder.resolve("ids.txt"), "\uFEFFa\r\nPatient/b\r\n");
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).hasSize(2);

    Files.writeString(folder.resolve("ids.txt"), "\uFEFFMRN-c\n");
    site.set("crawl.patients.mrn-system", "urn:mrn").set("crawl.name", "mrns");
    assertThat(site.crawl("r2")).isZero();
    Landing landing =
        site.landings().stream().filter(l -> l.group().equals("crawl:mrns")).findFirst().get();
    assertThat(site.resources(landing, Landing.Kind.RESOURCES))
        .singleElement()
        .asString()
        .contains("\"id\":\"c\"");
    assertThat(clinic.asked).noneMatch(asked -> asked.contains("MRN-c"));
  }

  @Test
  void aFileThatIsNotUtf8IsNamedSo() throws IOException {
    site.set("crawl.patients.from", "file");
    Files.write(folder.resolve("ids.txt"), new byte[] {'a', (byte) 0xe4, '\n'}); // ISO 8859-1

    assertThat(site.crawl("r1")).isEqualTo(2);

    assertThat(site.error("r1")).contains("ids.txt is not UTF-8; save it as UTF-8");
  }

  @Test
  void aServerWithoutSearchByPostIsNamedTheSettingThatAsksByGet() throws IOException {
    clinic.answers("Patient?identifier=", Reply.fhir(405, outcome("error", "not-supported", "")));
    site.set("crawl.patients.from", "file").set("crawl.patients.mrn-system", "urn:mrn");
    Files.writeString(folder.resolve("ids.txt"), "MRN-c\n");
    assertThat(site.crawl("r1")).isEqualTo(3);
    assertThat(site.error("r1"))
        .contains("crawl.patients.mrn-search = get")
        .doesNotContain("MRN-c");
    clinic.rules.clear();
    site.set("crawl.patients.mrn-search", "get");
    assertThat(site.crawl("r2")).isZero();
    assertThat(clinic.asked).anyMatch(asked -> asked.contains("MRN-c"));
  }

  @Test
  void aCohortSearchWhoseSessionExpiresBeginsAgain() throws IOException {
    site.set("crawl.patients.from", "search").set("crawl.patients.search", "name=x");
    String next = ",\"link\":[{\"relation\":\"next\",\"url\":\"Patient?session=1\"}]";
    clinic.answers("Patient?name=", Reply.fhir(200, bundle(next, entry(patient("a")))));
    clinic.answers("Patient?session=", Reply.fhir(200, bundle("", entry(patient("b")))));
    Reply expired = Reply.fhir(410, outcome("fatal", "processing", "4113"));
    clinic.rules.add(
        0,
        path ->
            path.startsWith("Patient?session=") && clinic.count("Patient?session=") < 3
                ? Optional.of(expired)
                : Optional.empty());
    assertThat(site.crawl("r1")).isZero();
    assertThat(site.newest()).hasSize(2);
    assertThat(clinic.count("Patient?name=")).isEqualTo(3);

    clinic.answers("Patient?session=", expired);
    assertThat(site.crawl("r2")).isEqualTo(3);
    assertThat(site.error("r2")).contains("its session expires again and again");
  }

  @Test
  void aServerInTroubleIsNoRefusalOfTheCohort() throws IOException {
    clinic.answers("Group/g", Reply.fhir(500, outcome("error", "exception", "")));
    assertThat(site.crawl("r1")).isEqualTo(4);
    assertThat(site.error("r1")).contains("by the group", "500", "/Group/…]");

    site.set("crawl.patients.from", "search").set("crawl.patients.search", "name=x");
    clinic.answers("Patient?name=", Reply.of(500, "text/html", "<html>"));
    assertThat(site.crawl("r2")).isEqualTo(4);

    clinic.answers("Patient?name=", Reply.fhir(403, outcome("error", "forbidden", "")));
    assertThat(site.crawl("r3")).isEqualTo(3);
    assertThat(site.error("r3")).contains("forbidden", "[GET " + clinic.base() + "/Patient]");
  }

  @Test
  void aCohortSearchThatIsCutIsRed() throws IOException {
    site.set("crawl.patients.from", "search").set("crawl.patients.search", "name=x");
    String tooMany = entry(outcome("information", "informational", "59133"));
    clinic.answers("Patient?name=", Reply.fhir(200, bundle("", entry(patient("a")), tooMany)));
    assertThat(site.crawl("r1")).isEqualTo(5);
    assertThat(site.error("r1")).contains("59133");

    clinic.answers("Patient?name=", Reply.fhir(200, bundle(",\"total\":4", entry(patient("a")))));
    assertThat(site.crawl("r2")).isEqualTo(5);
    assertThat(site.error("r2")).contains("fewer-than-total");
  }
}
