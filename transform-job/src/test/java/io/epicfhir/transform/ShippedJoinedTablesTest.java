package io.epicfhir.transform;

import static io.epicfhir.transform.ShippedLake.put;
import static org.apache.spark.sql.functions.lit;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.ColumnMetadata;
import io.epicfhir.transform.joined.JoinedResults.Built;
import io.epicfhir.transform.joined.JoinedResults.Done;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The joined tables and lookups of conf, on a few resources; each expected value is read from
 * these.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ShippedJoinedTablesTest {
  private static final Path CONF = Path.of("..", "conf");
  private static final String LAB =
      "'status':'final','subject':{'reference':'Patient/p1'},'code':{'text':'X'},'category':[{'coding':[{'code':'laboratory'}]}],";
  private static final String RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm";

  @TempDir static Path folder;
  private static TestLake lake;
  private static TransformResult first;

  @BeforeAll
  static void everythingOnce() throws IOException {
    lake = new TestLake(folder);
    Set<String> read = new TreeSet<>();
    for (Path file : ShippedLake.files("joined")) {
      String sql = Files.readString(file);
      lake.sql(file.getFileName().toString(), sql);
      sql.lines()
          .filter(line -> line.startsWith("-- depends: "))
          .forEach(
              line -> read.addAll(List.of(line.substring("-- depends: ".length()).split(", "))));
    }
    for (Path file : ShippedLake.files("views")) {
      String json = Files.readString(file);
      ViewDefinition view = ViewDefinition.parse(json, file.toString());
      if (read.contains(view.name())) {
        lake.view(view.resource(), json);
      }
    }
    for (Path file : ShippedLake.files("lookups")) {
      lake.lookup(file.getFileName().toString(), Files.readString(file));
    }
    TestLake.Export export = lake.export("e1", "2026-01-01T00:00:00Z");
    put(export, "Patient", "p1", "'gender':'female','birthDate':'1980-06-15'");
    put(export, "Patient", "p2", "'deceasedDateTime':'2025-01-01'");
    put(export, "Patient", "p3", "'active':true");
    put(export, "Practitioner", "d1", "'name':[{'family':'Poe','given':['Ann']}]");
    put(export, "Medication", "m1", drug("860975"));
    put(export, "Medication", "m2", drug("313782"));
    request(export, "r1", "'medicationReference':{'reference':'Medication/m1'}");
    request(
        export,
        "r2",
        "'medicationCodeableConcept':{'text':'x','coding':[{'system':'%s','code':'993770'}]}"
            .formatted(RXNORM));
    request(
        export,
        "r3",
        "'requester':{'reference':'Practitioner/d1'},'medicationReference':{'reference':'Medication/none'}");
    request(export, "r4", "'doNotPerform':true,'medicationCodeableConcept':{'text':'x'}");
    put(export, "Specimen", "s1", "'type':{'text':'Serum'}");
    lab(
        export,
        "o1",
        "2823-3",
        "6.20",
        "'specimen':{'reference':'Specimen/s1'},'performer':[{'reference':'Practitioner/d1'}],");
    lab(export, "o2", "2823-3", "3.5", "");
    lab(export, "o3", "99999-9", "5.11", "");
    lab(export, "o4", "2823-3", "9.9", "'status':'entered-in-error',");
    put(export, "Observation", "o5", LAB + "'valueInteger':7");
    put(
        export,
        "Observation",
        "o6",
        LAB
            + "'valueRatio':{'numerator':{'value':1},'denominator':{'value':160,'comparator':'>='}}");
    put(
        export,
        "Observation",
        "o7",
        LAB.replace("'text':'X'", "'coding':[{'system':'http://loinc.org','code':'17856-6'}]")
            + "'effectiveDateTime':'2026-01-01','valueQuantity':{'value':14.0,'comparator':'>','unit':'%'}");
    request(export, "r5", "'reportedBoolean':true,'medicationCodeableConcept':{'text':'x'}");
    put(export, "Location", "l1", "'name':'Ward 3','address':{'city':'Plymouth'}");
    put(
        export,
        "Encounter",
        "e1",
        "'status':'finished','class':{'code':'IMP'},'subject':{'reference':'Patient/p1'},"
            + "'period':{'start':'2025-12-31T23:00:00Z','end':'2026-01-01T00:30:00Z'},"
            + "'location':[{'location':{'reference':'Location/l1'}}],"
            + "'participant':[{'individual':{'display':'B'}},{'individual':{'display':'A'}},{'individual':{'reference':'Practitioner/d1'}}],"
            + "'diagnosis':[{'condition':{'reference':'Condition/c1'},'rank':1},"
            + "{'condition':{'display':'Gout'},'rank':2},{'condition':{'display':'Asthma'},'rank':3}]");
    put(
        export,
        "Encounter",
        "e2",
        "'status':'finished','class':{'system':'urn:oid:1.2.840.114350.1','code':'IMP'},"
            + "'subject':{'reference':'Patient/p3'}");
    condition(export, "c1", "problem-list-item", "I50.9", "2020-06-14", "confirmed");
    condition(export, "c2", "encounter-diagnosis", "E11.9", "2020-06-15", "confirmed");
    condition(export, "c3", "problem-list-item", "I10", "2020", "entered-in-error");
    condition(export, "c4", "encounter-diagnosis", "J45", "2020", "refuted");
    put(
        export,
        "DocumentReference",
        "d1",
        "'status':'current','type':{'coding':[{'system':'http://loinc.org','code':'18842-5'}]},"
            + "'subject':{'reference':'Patient/p1'},'context':{'encounter':[{'reference':'Encounter/e1'}]},"
            + "'content':[{'attachment':{'contentType':'text/html','url':'Binary/b1'}},"
            + "{'attachment':{'contentType':'text/rtf','url':'https://x/Binary/b2/_history/1'}}]");
    export.land();
    first = lake.transform();
  }

  private static String drug(String code) {
    return "'code':{'coding':[{'system':'%s','code':'%s'}]}".formatted(RXNORM, code);
  }

  private static void request(TestLake.Export to, String id, String medication) {
    put(
        to,
        "MedicationRequest",
        id,
        "'status':'active','intent':'order','subject':{'reference':'Patient/p1'}," + medication);
  }

  private static void lab(TestLake.Export to, String id, String code, String value, String more) {
    put(
        to,
        "Observation",
        id,
        more
            + (more.contains("'status'") ? "" : "'status':'final',")
            + "'subject':{'reference':'Patient/p1'},"
            + "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/observation-category','code':'laboratory'}]}],"
            + "'code':{'coding':[{'system':'http://loinc.org','code':'%s'}]},".formatted(code)
            + "'effectiveDateTime':'2026-01-01','valueQuantity':{'value':%s,'unit':'mmol/L'},"
                .formatted(value)
            + "'referenceRange':[{'type':{'coding':[{'code':'critical'}]},'low':{'value':2.5},'high':{'value':6.5}},"
            + "{'low':{'value':3.5},'high':{'value':5.10}}]");
  }

  private static void condition(
      TestLake.Export to, String id, String category, String code, String onset, String verified) {
    put(
        to,
        "Condition",
        id,
        "'subject':{'reference':'Patient/p1'},'encounter':{'reference':'Encounter/e1'},'recorder':{'reference':'Practitioner/d1'},"
            + "'category':[{'coding':[{'system':'http://terminology.hl7.org/CodeSystem/condition-category','code':'%s'}]}],"
                .formatted(category)
            + "'clinicalStatus':{'coding':[{'code':'active'}]},'verificationStatus':{'coding':[{'code':'%s'}]},"
                .formatted(verified)
            + "'code':{'coding':[{'system':'http://hl7.org/fhir/sid/icd-10-cm','code':'%s'}]},'onsetDateTime':'%s'"
                .formatted(code, onset));
  }

  private static List<String> rows(String table, String columns) {
    return ShippedLake.rows(lake, table, columns.split("; "));
  }

  @Order(1)
  @Test
  void allAreBuiltAndNoneIsRefused() throws IOException {
    assertThat(first.joined().problems()).isEmpty();
    assertThat(first.joined().joined().done().keySet())
        .containsExactlyElementsOf(
            ShippedLake.files("joined").stream()
                .map(f -> f.getFileName().toString().replace(".sql", ""))
                .toList());
  }

  @Order(1)
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "medication_order|id; rxnorm_code; array_join(ingredients, '+'); array_join(ingredient_codes, '+')"
            + "|r1 860975 metformin 6809,r2 993770 acetaminophen+codeine 161+2670,r3 null null null,r4 null null null,r5 null null null",
        "medication_order|id; is_valid; do_not_perform; requester"
            + "|r1 true null null,r2 true null null,r3 true null Ann Poe,r4 true true null,r5 true null null",
        "lab_result|id; value; test_class; panel; is_outside; specimen"
            + "|o1 6.20 chemistry basic metabolic true Serum,o2 3.5 chemistry basic metabolic false null,"
            + "o3 5.11 null null true null,o4 9.9 chemistry basic metabolic true null,"
            + "o5 7 null null null null,o6 null null null null null,o7 14.0 chemistry diabetes null null",
        "lab_result|id; is_valid; performer"
            + "|o1 true Ann Poe,o2 true null,o3 true null,o4 false null,o5 true null,o6 true null,o7 true null",
        "encounter_full|id; class; minutes; array_join(locations, '+'); city; array_join(participants, '+'); array_join(diagnosis_codes, '+')"
            + "|e1 inpatient 90 Ward 3 Plymouth B+A+Ann Poe I50.9+E11.9,e2 null null null null null null",
        "encounter_full|id; size(diagnoses); array_join(diagnosis_ids, '+', '-'); array_join(diagnoses, '+', '-')"
            + "|e1 4 c1+-+-+c2 -+Gout+Asthma+-,e2 null null null",
        "problem_list|id; is_listed; is_active; icd10_chapter; onset_age_years; recorder"
            + "|c1 true true 9 39 Ann Poe,c2 false true 4 40 Ann Poe",
        "note_index|id; content; note_kind; binary_id; encounter_class; is_current"
            + "|d1 0 discharge summary b1 IMP true,d1 1 discharge summary b2 IMP true",
        "patient_summary|id; is_deceased; encounters; inpatient_stays; active_problems; active_drug_orders; reported_drugs; a1c; a1c_comparator"
            + "|p1 false 1 1 1 3 1 14.0 >,p2 true 0 0 0 0 0 null null,p3 false 1 null 0 0 0 null null",
        "patient_timeline|value|1:>=160,3.5 mmol/L,5.11 mmol/L,6.20 mmol/L,7,>14.0 %,null,null,null,null,null,null,null,null,null",
        "patient_timeline|kind; count(*) over (partition by kind)"
            + "|document 1,drug order 4,drug order 4,drug order 4,drug order 4,laboratory result 6,laboratory result 6,laboratory result 6,"
            + "laboratory result 6,laboratory result 6,laboratory result 6,problem 2,problem 2,visit 2,visit 2"
      })
  void theRowsAreWhatTheResourcesSay(String table, String columns, String expected) {
    assertThat(rows(table, columns)).containsExactly(expected.split(","));
  }

  /** In a database all times are points in time: as texts they would not sort. */
  @Order(1)
  @Test
  void allTimesArePointsInTime() throws IOException {
    for (Path file : ShippedLake.files("joined")) {
      String table = file.getFileName().toString().replace(".sql", "");
      StructType schema =
          TestLake.spark()
              .read()
              .format("delta")
              .load(folder.resolve("joined").resolve(table).toString())
              .schema();
      assertThat(schema.fields())
          .filteredOn(column -> column.name().endsWith("_time"))
          .allSatisfy(
              column ->
                  assertThat(
                          column.dataType().equals(DataTypes.TimestampType)
                              || (column.metadata().contains(ColumnMetadata.ANSI_TYPE)
                                  && column
                                      .metadata()
                                      .getString(ColumnMetadata.ANSI_TYPE)
                                      .equals("TIMESTAMP WITH TIME ZONE")))
                      .as(table + "." + column.name())
                      .isTrue());
    }
  }

  @Order(2)
  @Test
  void aChangeTouchesTheRowsThatDependOnItAndNoOther() {
    TestLake.Export night = lake.export("e2", "2026-01-02T00:00:00Z");
    night.resource(
        "Medication",
        "m1",
        "2",
        "2026-01-02T00:00:00Z",
        ("{'resourceType':'Medication','id':'m1'," + drug("314076") + "}").replace('\'', '"'));
    night.land();

    Map<String, Built> built = new TreeMap<>();
    Map<String, Done> done = lake.transform().joined().joined().done();
    done.forEach((name, one) -> built.put(name, one.built()));

    Set<String> read = Set.of("medication_order", "patient_timeline");
    assertThat(built)
        .containsKeys("medication_order", "patient_timeline")
        .allSatisfy(
            (name, how) ->
                assertThat(how).isEqualTo(read.contains(name) ? Built.KEYS : Built.NONE));
    assertThat(done.get("medication_order").touched()).isEqualTo(1);
    assertThat(done.get("patient_timeline").touched()).isEqualTo(1);
    assertThat(rows("medication_order", "id; array_join(ingredients, '+')"))
        .containsExactly(
            "r1 lisinopril", "r2 acetaminophen+codeine", "r3 null", "r4 null", "r5 null");
  }

  @Order(2)
  @Test
  void aBinaryThatComesLaterBringsTheTextOfItsDocument() {
    assertThat(rows("note", "id; part; binary_id; problem; text"))
        .containsExactly("d1 0 b1 not-fetched null", "d1 1 b2 not-fetched null");
    TestLake.Export night = lake.export("e3", "2026-01-03T00:00:00Z");
    put(night, "Binary", "b1", "'contentType':'text/plain','data':'aGVsbG8='");
    put(night, "Binary", "b7", "'contentType':'text/plain','data':'aGVsbG8='");
    night.land();

    Done done = lake.transform().joined().joined().done().get("note");

    assertThat(done.built()).isEqualTo(Built.KEYS);
    assertThat(done.touched()).isEqualTo(1);
    assertThat(rows("note", "id; part; binary_id; problem; text"))
        .containsExactly("d1 0 b1 null hello", "d1 1 b2 not-fetched null");
  }

  /** The lookups are small, so that no row of the large side moves for them. */
  @Order(3)
  @ParameterizedTest
  @CsvSource({
    "medication_order, rxnorm_ingredient",
    "lab_result, loinc_class",
    "visit_class, encounter_class",
    "problem_list, icd10_chapter",
    "note_index, note_kind"
  })
  void lookupsAreBroadcast(String table, String lookup) throws IOException {
    var spark = TestLake.spark().newSession();
    for (String kind : List.of("views", "joined", "lookups")) {
      try (Stream<Path> tables = Files.list(folder.resolve(kind))) {
        tables.forEach(
            path ->
                spark
                    .read()
                    .format("delta")
                    .load(path.toString())
                    // As a SQLView sees tables whose rows are not marked.
                    .withColumn("restricted", lit(null).cast("boolean"))
                    .createOrReplaceTempView(path.getFileName().toString()));
      }
    }
    // What is not known to be small is large.
    spark.conf().set("spark.sql.autoBroadcastJoinThreshold", 1 << 14);
    spark.conf().set("spark.sql.maxMetadataStringLength", 1000);
    SparkSession.setActiveSession(spark); // whose settings say how long a path a plan shows
    String plan;
    try {
      plan =
          ((org.apache.spark.sql.classic.Dataset<?>)
                  spark.sql(Files.readString(CONF.resolve("joined/" + table + ".sql"))))
              .queryExecution()
              .executedPlan()
              .toString();
    } finally {
      SparkSession.setActiveSession(TestLake.spark());
    }
    String read = plan.substring(0, plan.indexOf("lookups/" + lookup));
    assertThat(read.substring(read.lastIndexOf("Exchange") - "Broadcast".length()))
        .startsWith("BroadcastExchange");
  }
}
