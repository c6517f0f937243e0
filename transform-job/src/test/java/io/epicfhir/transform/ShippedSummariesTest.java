package io.epicfhir.transform;

import static io.epicfhir.transform.ShippedLake.put;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.joined.JoinedResults.Built;
import io.epicfhir.transform.joined.JoinedResults.Done;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Classes of visits, their reasons, and what patient_summary counts and takes as the newest blood
 * pressure; each expected value is read from the resources.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ShippedSummariesTest {
  private static final Path CONF = Path.of("..", "conf");
  private static final String SITE = "urn:oid:1.2.840.114350.1.9";
  private static final String LOINC = "http://loinc.org";
  private static final String SNOMED = "http://snomed.info/sct";

  @TempDir static Path folder;
  private static TestLake lake;
  private static int number;

  @BeforeAll
  static void everythingOnce() throws IOException {
    lake = new TestLake(folder);
    Set<String> read = new TreeSet<>();
    for (String name : List.of("visit_class", "encounter_full", "patient_summary", "note_index")) {
      String sql = Files.readString(CONF.resolve("joined/" + name + ".sql"));
      lake.sql(name + ".sql", sql);
      sql.lines()
          .filter(line -> line.startsWith("-- depends: "))
          .forEach(
              line -> read.addAll(List.of(line.substring("-- depends: ".length()).split(", "))));
    }
    try (Stream<Path> views = Files.list(CONF.resolve("views"))) {
      for (Path file : views.sorted().toList()) {
        String json = Files.readString(file);
        ViewDefinition view = ViewDefinition.parse(json, file.toString());
        if (read.contains(view.name())) {
          lake.view(view.resource(), json);
        }
      }
    }
    // The site has translated its class 3, and not its class 4; its document type 18842-5 is its
    // own.
    lookup("encounter_class.csv", SITE + ",3,inpatient,IMP\n");
    lookup("note_kind.csv", SITE + ",7,consultation\n");
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    visits(export);
    counted(export);
    pressures(export);
    export.land();
    TransformResult result = lake.transform();
    assertThat(result.joined().problems()).isEmpty();
  }

  private static void lookup(String file, String own) throws IOException {
    lake.lookup(file, Files.readString(CONF.resolve("lookups/" + file)) + own);
  }

  private static void visits(TestLake.Export export) {
    visit(export, "v1", "'code':'AMB'", "");
    visit(
        export,
        "v2",
        "'system':'%s','code':'3','display':'Hospital Encounter'".formatted(SITE),
        ",'reasonCode':[{'text':'Chest pain'},{'coding':[{'system':'%s','code':'195967001','display':'Asthma'}]}],"
                .formatted(SNOMED)
            + "'reasonReference':[{'reference':'Condition/gout'},{'display':'Fall'}]");
    visit(export, "v3", "'system':'%s','code':'4','display':'Surgery'".formatted(SITE), "");
    visit(export, "v4", "'system':'urn:oid:2.16.840.1.113883.5.4','code':'PRENC'", "");
    visit(
        export,
        "v5",
        "'system':'http://terminology.hl7.org/CodeSystem/v3-ActCode','code':'NEW'",
        "");
    visit(export, "v6", "'code':'3'", "");
    put(
        export,
        "Condition",
        "gout",
        "'subject':{'reference':'Patient/visitor'},'code':{'text':'Gout','coding':[{'system':'%s','code':'90560007'}]}"
            .formatted(SNOMED));
    put(export, "Practitioner", "d1", "'name':[{'family':'Poe','given':['Ann']}]");
    note(export, "n1", "v1", "urn:oid:2.16.840.1.113883.6.1", "18842-5", "");
    note(export, "n2", "v2", SITE, "18842-5", ",'display':'A. Poe, MD'");
    note(export, "n3", "v3", SITE, "7", "");
  }

  private static void visit(TestLake.Export to, String id, String kind, String more) {
    put(
        to,
        "Encounter",
        id,
        "'status':'finished','class':{%s},'subject':{'reference':'Patient/visitor'}%s"
            .formatted(kind, more));
  }

  private static void note(
      TestLake.Export to, String id, String visit, String system, String code, String author) {
    put(
        to,
        "DocumentReference",
        id,
        "'status':'current','type':{'coding':[{'system':'%s','code':'%s'}]},'subject':{'reference':'Patient/visitor'},"
                .formatted(system, code)
            + "'author':[{'reference':'Practitioner/d1'%s}],'context':{'encounter':[{'reference':'Encounter/%s'}]},"
                .formatted(author, visit)
            + "'content':[{'attachment':{'url':'Binary/b1'}}]");
  }

  private static void counted(TestLake.Export export) {
    put(export, "Patient", "counted", "'active':true");
    for (String status : List.of("active", "inactive", "resolved")) {
      put(
          export,
          "AllergyIntolerance",
          status,
          "'patient':{'reference':'Patient/counted'},'code':{'text':'Peanut'},'clinicalStatus':{'coding':[{'code':'%s'}]}"
              .formatted(status));
    }
    put(
        export,
        "AllergyIntolerance",
        "unknown",
        "'patient':{'reference':'Patient/counted'},'code':{'text':'Egg'}");
    for (String intent : List.of("order", "plan", "proposal", "option", "instance-order")) {
      put(export, "MedicationRequest", intent, request(intent, false));
    }
    put(export, "MedicationRequest", "reported", request("plan", true));
  }

  private static String request(String intent, boolean reported) {
    return ("'status':'active','intent':'%s','reportedBoolean':%s,'subject':{'reference':'Patient/counted'},"
            + "'medicationCodeableConcept':{'text':'x'}")
        .formatted(intent, reported);
  }

  /** All but the first pressure of a patient are newer and do not count. */
  private static void pressures(TestLake.Export export) {
    String morning = "2024-01-01T08:00:00Z";
    for (String patient : List.of("panel", "snomed", "apart", "twice", "ambiguous")) {
      put(export, "Patient", patient, "'active':true");
    }
    // Of a panel that is not 85354-9; then a mean, and one that has no diastolic value.
    pressure(export, "panel", "2024-01-01", LOINC, "55284-4", "8459-0=121;8453-3=81");
    pressure(export, "panel", "2024-01-02", LOINC, "96607-7", "96608-5=109;96609-3=72");
    pressure(export, "panel", "2024-01-03", LOINC, "85354-9", "8480-6=99");
    pressure(export, "snomed", "2024-01-01", SNOMED, "75367002", "271649006=130;271650006=85");
    // Two Observations of one moment; then one alone.
    pressure(export, "apart", morning, LOINC, "8480-6", "=140");
    pressure(export, "apart", "2024-01-01T03:00:00-05:00", LOINC, "8462-4", "=90");
    pressure(export, "apart", "2024-01-02T08:00:00Z", LOINC, "8480-6", "=150");
    // Two panels of one moment stay apart: the values are those of one of them.
    pressure(export, "twice", morning, LOINC, "85354-9", "8480-6=120;8462-4=95");
    pressure(export, "twice", morning, LOINC, "85354-9", "8480-6=110;8462-4=99");
    // Which of the two belongs to the diastolic one is not known.
    pressure(export, "ambiguous", morning, LOINC, "8480-6", "=140");
    pressure(export, "ambiguous", morning, LOINC, "8480-6", "=160");
    pressure(export, "ambiguous", morning, LOINC, "8462-4", "=90");
  }

  private static void pressure(
      TestLake.Export to, String patient, String time, String system, String code, String values) {
    List<String> parts = new ArrayList<>();
    for (String value : values.split(";", -1)) {
      String[] of = value.split("=", -1);
      String quantity = "'valueQuantity':{'value':%s,'unit':'mm[Hg]'}".formatted(of[1]);
      String own = "{'code':{'coding':[{'system':'%s','code':'%s'}]},%s}";
      parts.add(of[0].isEmpty() ? quantity : own.formatted(system, of[0], quantity));
    }
    String all = String.join(",", parts);
    number++;
    put(
        to,
        "Observation",
        "bp%02d".formatted(number),
        "'status':'final','subject':{'reference':'Patient/%s'},'effectiveDateTime':'%s',"
                .formatted(patient, time)
            + "'category':[{'coding':[{'code':'vital-signs'}]}],'code':{'coding':[{'system':'%s','code':'%s'}]},"
                .formatted(system, code)
            + (values.startsWith("=") ? all : "'component':[" + all + "]"));
  }

  private static List<String> rows(String table, String columns) {
    return ShippedLake.rows(lake, table, columns.split("; "));
  }

  @Order(1)
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // v5 is a v3 ActCode that the lookup does not list, v6 a code without a system that looks
        // like none.
        "visit_class|id; class; class_text"
            + "|v1 AMB ambulatory,v2 IMP inpatient,v3 null Surgery,v4 PRENC pre-admission,v5 NEW null,v6 null null",
        "encounter_full|id; class; class_kind"
            + "|v1 ambulatory AMB,v2 inpatient IMP,v3 Surgery null,v4 pre-admission PRENC,v5 null NEW,v6 null null",
        "encounter_full|id; array_join(reasons, '+', '-'); array_join(reason_codes, '+', '-')"
            + "|v1 null null,v2 Chest pain+Asthma+Gout+Fall -+195967001+90560007+-,v3 null null,v4 null null,v5 null null,v6 null null",
        "note_index|id; note_kind; encounter_class; encounter_class_text; author"
            + "|n1 discharge summary AMB ambulatory Ann Poe,n2 null IMP inpatient A. Poe; MD,n3 consultation null Surgery Ann Poe",
        "patient_summary|id; allergies; active_drug_orders; reported_drugs"
            + "|ambiguous 0 0 0,apart 0 0 0,counted 2 2 1,panel 0 0 0,snomed 0 0 0,twice 0 0 0",
        "patient_summary|id; systolic; diastolic"
            + "|ambiguous null null,apart 140 90,counted null null,panel 121 81,snomed 130 85,twice 110 99"
      })
  void theRowsAreWhatTheResourcesSay(String table, String columns, String expected) {
    assertThat(rows(table, columns))
        .containsExactly(
            Stream.of(expected.split(","))
                .map(row -> row.replace(';', ','))
                .toArray(String[]::new));
  }

  @Order(2)
  @Test
  void aChangeOfAReasonAClassOrAPressureTouchesItsRowsOnly() {
    TestLake.Export night = lake.export("e2", "2026-01-02T00:00:00Z");
    visit(night, "v6", "'code':'EMER'", ",'reasonCode':[{'text':'Fever'}]");
    pressure(night, "snomed", "2025-01-01", LOINC, "85354-9", "8480-6=118;8462-4=76");
    put(
        night,
        "Condition",
        "gout",
        "'subject':{'reference':'Patient/visitor'},'code':{'text':'Chronic gout'}");
    night.land();

    Map<String, Done> done = lake.transform().joined().joined().done();

    assertThat(List.of("visit_class", "encounter_full", "patient_summary"))
        .allSatisfy(name -> assertThat(done.get(name).built()).as(name).isEqualTo(Built.KEYS));
    assertThat(done.get("visit_class").touched()).isEqualTo(1);
    assertThat(rows("visit_class", "id; class")).contains("v6 EMER");
    assertThat(rows("encounter_full", "id; class_kind; array_join(reasons, '+')"))
        .contains("v6 EMER Fever", "v2 IMP Chest pain+Asthma+Chronic gout+Fall");
    assertThat(rows("patient_summary", "id; systolic; diastolic"))
        .contains("snomed 118 76", "apart 140 90", "panel 121 81");
  }
}
