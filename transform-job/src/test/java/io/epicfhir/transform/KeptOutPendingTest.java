package io.epicfhir.transform;

import static io.epicfhir.transform.KeptOutClinic.BERT;
import static io.epicfhir.transform.KeptOutClinic.XENIA;
import static io.epicfhir.transform.KeptOutClinic.about;
import static io.epicfhir.transform.KeptOutClinic.later;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.transform.silver.SilverCounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is an erased patient's by now, and what other exports say of it in the same run. */
final class KeptOutPendingTest {
  private static final String JAN_11 = "2026-01-11T00:00:00Z";
  private static final String JAN_12 = "2026-01-12T00:00:00Z";
  private static final String JAN_13 = "2026-01-13T00:00:00Z";
  private static final String X = "oMoved11223344";

  @TempDir private Path folder;
  private KeptOutClinic clinic;
  private TestLake lake;

  @BeforeEach
  void open() {
    clinic = new KeptOutClinic(folder.resolve("lake"));
    lake = clinic.lake;
  }

  private static String bert() {
    return ErasedClinic.subject(BERT);
  }

  private static String list(String... patients) {
    StringBuilder items = new StringBuilder();
    for (String patient : patients) {
      items
          .append(items.isEmpty() ? "" : ",")
          .append("{\"item\":{\"reference\":\"Patient/" + patient + "\"}}");
    }
    return ",\"entry\":[" + items + "]";
  }

  /** The hospital moved a misfiled result before it merged the patient; both come in one run. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatAPendingExportGivesToAnotherPatientStays(boolean sameGroup) {
    TestLake.Export first = clinic.first();
    for (String id : List.of(X, "oXenia11223344", "oBack112233445", "oPart112233445")) {
      about(first, "Observation", id, XENIA);
    }
    later(first, "List", "lBoth11223344", "2026-01-05T00:00:00Z", list(XENIA, BERT));
    first.land();
    lake.transform();
    clinic.erased();
    TestLake.Export moved = lake.export("a1", JAN_11).since(KeptOutClinic.JAN_10);
    later(moved, "Observation", X, JAN_11, bert());
    later(moved, "Observation", "oBack112233445", JAN_11, bert());
    String part = bert() + ",\"meta\":{\"tag\":[{\"code\":\"SUBSETTED\"}]}";
    later(moved, "Observation", "oPart112233445", JAN_11, part);
    later(moved, "List", "lBoth11223344", JAN_11, list(BERT));
    moved.of(sameGroup ? "group" : "other").land();
    TestLake.Export back = lake.export("a2", "2026-01-11T12:00:00Z").since(JAN_11);
    later(
            back,
            "Observation",
            "oBack112233445",
            "2026-01-11T12:00:00Z",
            ErasedClinic.subject(XENIA))
        .of(sameGroup ? "group" : "other")
        .land();
    clinic.merged("b1", JAN_12).land();

    TransformResult result = lake.transform();

    assertThat(lake.live("Observation"))
        .as("the others: hers, hers again, and hers but for a part")
        .singleElement()
        .asString()
        .startsWith(X)
        .contains(BERT);
    assertThat(lake.live("List")).singleElement().asString().contains(BERT);
    assertThat(lake.rows("patient")).containsExactly(BERT);
    assertThat(result.silver().counts().get("Observation").keptOut()).isEqualTo(3);
    lake.rebuild("Observation");
    assertThat(lake.live("Observation")).hasSize(1);
  }

  /** Silver never had it as his, but bronze has. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatOnlyBronzeHasAsHisIsToldAndErased(boolean inSpark) {
    lake = inSpark ? lake.inSpark() : lake;
    clinic.first().land();
    lake.transform();
    clinic.erased();
    about(lake.export("a1", JAN_11), "Observation", X, BERT).land();
    lake.export("b1", JAN_12).keepsOut("Observation/" + X).land();

    TransformResult result = lake.transform();

    assertThat(lake.live("Observation")).isEmpty();
    assertThat(result.silver().counts().get("Observation").keptOut()).isEqualTo(1);
    clinic.eraseAgain();
    assertThat(ErasedClinic.filesWith(lake.root(), List.of(X))).isEmpty();
    lake.rebuild("Observation");
    assertThat(ErasedClinic.filesWith(lake.root(), List.of(X))).isEmpty();
  }

  /** Silver has deleted it before for another reason. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whatWasDeletedBeforeIsToldAndErased(boolean inSpark) {
    lake = inSpark ? lake.inSpark() : lake;
    about(clinic.first(), "Observation", X, BERT).land();
    lake.transform();
    lake.export("e2", JAN_11).since(KeptOutClinic.JAN_10).delete("Observation/" + X).land();
    lake.transform();
    clinic.erased();
    lake.export("e3", JAN_12).since(JAN_11).keepsOut("Observation/" + X).land();

    TransformResult result = lake.transform();

    assertThat(result.silver().counts().get("Observation"))
        .extracting(SilverCounts::keptOut, SilverCounts::deleted)
        .containsExactly(1L, 0L);
    clinic.eraseAgain();
    assertThat(ErasedClinic.filesWith(lake.root().resolve("silver"), List.of(X))).isEmpty();
    assertThat(
            ErasedClinic.filesWith(
                lake.root().resolve("bronze/resource_type=Observation"), List.of(X)))
        .isEmpty();
    lake.export("e4", JAN_13).since(JAN_12).keepsOut("Observation/" + X).land();
    assertThat(lake.transform().silver().counts()).as("nothing is left to erase").isEmpty();
  }

  /** The first try was killed after its commit; the second one ends the run. */
  @Test
  void theReportOfALaterTrySaysItToo() throws IOException {
    about(clinic.first(), "Observation", X, BERT).land();
    lake.transform();
    clinic.erased();
    lake.export("e2", JAN_11).keepsOut("Observation/" + X).land();
    Files.createDirectories(folder.resolve("views"));
    Path settings =
        Files.writeString(
            folder.resolve("pipeline.conf"),
            """
            epic-fhir { lake = lake, transform {
              views = views, deletion-vectors = off, lock-patience = 0 seconds } }
            """);
    for (int attempt = 0; attempt < 2; attempt++) {
      TestLake.spark();
      assertThat(TestLake.job(settings)).isZero();
      var report =
          new JsonMapper().readTree(lake.root().resolve("metrics/etl/r1/transform.json").toFile());
      assertThat(report.at("/result/kept_out_known/Observation").asLong()).isEqualTo(1);
      assertThat(report.get("notes").toString()).contains("Run epic_fhir_erase again");
    }
  }
}
