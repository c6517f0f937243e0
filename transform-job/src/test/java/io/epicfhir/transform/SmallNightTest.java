package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.lake.Landing;
import io.epicfhir.transform.delta.DeletionVectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the job's own process does of a night without Spark, and what it leaves to Spark. */
final class SmallNightTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";

  @TempDir private Path folder;

  private TestLake built(DeletionVectors writing) {
    TestLake lake =
        new TestLake(folder)
            .writing(writing)
            .viewOfKeys("Patient")
            .viewOfKeys("Condition")
            .viewOfKeys("Device");
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Patient", "c")
        .resource("Condition", "d")
        .resource("Device", "e")
        .land();
    lake.transform();
    return lake;
  }

  private static void patient(TestLake.Export export, String id, String time, String language) {
    String json = "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"language\":\"%s\"}";
    export.resource("Patient", id, "2", time, json.formatted(id, language));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFirstOfAllNightsStartsNoSparkEitherAndEndsAsSparksDoes(boolean small) {
    TestLake lake = new TestLake(folder).viewOfKeys("Patient").viewOfKeys("Condition");
    lake = small ? lake.withoutSpark() : lake.inSpark();
    TestLake.Export monday = lake.export("e1", MONDAY).resource("Condition", "d");
    patient(monday, "a", MONDAY, "de");
    patient(monday, "twice", MONDAY, "de");
    monday.land();
    TestLake.Export tuesday =
        lake.export("e2", TUESDAY).since(MONDAY).delete("Patient/a", "Patient/never-seen");
    patient(tuesday, "twice", TUESDAY, "fr");
    tuesday.land();
    TransformResult result = lake.transform();
    assertThat(result.problems()).isEmpty();
    assertThat(lake.live("Patient"))
        .containsExactly(
            "twice {\"resourceType\":\"Patient\",\"id\":\"twice\",\"language\":\"fr\"}");
    assertThat(lake.rows("patient")).containsExactly("twice");
    assertThat(lake.rows("condition")).containsExactly("d");
    assertThat(lake.silver("Patient")).hasSize(3);
    assertThat(lake.transform().silver().counts()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(DeletionVectors.class)
  void startsNoSparkWhateverChanges(DeletionVectors writing) {
    TestLake lake = built(writing).withoutSpark();
    TestLake.Export tuesday =
        lake.export("e2", TUESDAY).since(MONDAY).delete("Patient/b", "http://h/Device/e");
    patient(tuesday, "a", TUESDAY, "de");
    patient(tuesday, "new", TUESDAY, "fr");
    tuesday.land();
    lake.transform();
    // What came by one such night changes by another.
    TestLake.Export wednesday = lake.export("e3", WEDNESDAY).since(TUESDAY);
    patient(wednesday, "new", WEDNESDAY, "en");
    patient(wednesday, "b", WEDNESDAY, "it");
    wednesday.land();
    TransformResult result = lake.transform();
    assertThat(result.silver().counts().get("Patient").updated()).isEqualTo(2);
    assertThat(lake.live("Patient"))
        .containsExactly(
            "a {\"resourceType\":\"Patient\",\"id\":\"a\",\"language\":\"de\"}",
            "b {\"resourceType\":\"Patient\",\"id\":\"b\",\"language\":\"it\"}",
            "c {\"resourceType\":\"Patient\",\"id\":\"c\"}",
            "new {\"resourceType\":\"Patient\",\"id\":\"new\",\"language\":\"en\"}");
    assertThat(lake.rows("patient")).containsExactly("a", "b", "c", "new");
    assertThat(lake.rows("condition")).containsExactly("d");
    assertThat(lake.rows("device")).isEmpty();
    assertThat(lake.silver("Device")).singleElement().asString().contains(" true ");
  }

  @ParameterizedTest
  @EnumSource(DeletionVectors.class)
  void rowsThatDidNotChangeStayAsTheyAreNullsToo(DeletionVectors writing) {
    String every =
        """
        {"resourceType": "ViewDefinition", "name": "every", "resource": "Patient", "select": [
          {"column": [{"name": "key", "path": "getResourceKey()"},
                      {"name": "active", "path": "active"},
                      {"name": "births", "path": "multipleBirth.ofType(integer)"},
                      {"name": "born", "path": "birthDate"},
                      {"name": "families", "path": "name.family", "collection": true},
                      {"name": "preferred", "path": "communication.preferred",
                       "collection": true},
                      {"name": "ranks", "path": "telecom.rank", "collection": true}]}]}
        """;
    TestLake lake = new TestLake(folder).writing(writing).view("Patient", every);
    String full =
        "{\"resourceType\":\"Patient\",\"id\":\"full\",\"active\":false,"
            + "\"multipleBirthInteger\":0,\"birthDate\":\"1970-01-01\","
            + "\"name\":[{\"family\":\"F\"},{\"family\":\"G\"}],"
            + "\"communication\":[{\"preferred\":false},{\"preferred\":true}],"
            + "\"telecom\":[{\"rank\":1}]}";
    lake.export("e1", MONDAY)
        .resource("Patient", "full", "1", MONDAY, full)
        .resource("Patient", "none")
        .resource("Patient", "other")
        .land();
    lake.transform();
    List<String> before = lake.rows("every");
    assertThat(before).anyMatch(row -> row.startsWith("none null null null"));
    TestLake night = lake.withoutSpark();
    TestLake.Export tuesday = night.export("e2", TUESDAY).since(MONDAY);
    patient(tuesday, "other", TUESDAY, "de");
    tuesday.land();
    night.transform();
    assertThat(night.rows("every")).isEqualTo(before);
  }

  static Stream<Arguments> outOfTheOrdinary() {
    return Stream.of(
        named(
            "the holders change",
            e ->
                e.of("other")
                    .resource(
                        "Patient",
                        "a",
                        "1",
                        MONDAY,
                        "{\"resourceType\":\"Patient\",\"id\":\"a\"}")),
        named("a conditional deletion", e -> e.delete("Patient?identifier=1")),
        named("a deleted line that is no JSON", e -> e.bundle("{\"resourceType\":\"Bun")),
        named(
            "a line with a field twice",
            e ->
                e.bundle("{\"resourceType\":\"Bundle\",\"resourceType\":\"Bundle\",\"entry\":[]}")),
        named("a full export without most", e -> e.full("Patient").resource("Patient", "a")));
  }

  private static Arguments named(String what, Consumer<TestLake.Export> night) {
    return Arguments.argumentSet(what, night);
  }

  @ParameterizedTest(name = "{argumentSetName}")
  @MethodSource("outOfTheOrdinary")
  void leavesToSparkWhatIsOutOfTheOrdinary(Consumer<TestLake.Export> night) {
    TestLake lake = built(DeletionVectors.OFF).bound(0, 0).withoutSpark();
    long before = lake.silverVersion();
    TestLake.Export export = lake.export("e2", TUESDAY);
    night.accept(export);
    export.land();
    assertThatThrownBy(lake::run)
        .isInstanceOf(AssertionError.class)
        .hasMessage("Spark was asked for");
    assertThat(lake.silverVersion()).isEqualTo(before);
  }

  @Test
  void aDamagedPageLeavesItsExportOutAndTheRestIsApplied() throws IOException {
    TestLake lake = built(DeletionVectors.OFF);
    TestLake.Export bad = lake.export("e2", TUESDAY);
    StringBuilder noise = new StringBuilder();
    new Random(7).ints(20_000, 'a', 'z' + 1).forEach(letter -> noise.append((char) letter));
    patient(bad, "a", TUESDAY, noise.toString());
    Landing landing = bad.land();
    lake.export("e3", TUESDAY).resource("Condition", "f").land();
    Path file = lake.root().resolve(landing.files().get(0).path());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 4] ^= 1;
    Files.deleteIfExists(file.resolveSibling("." + file.getFileName() + ".crc"));
    Files.write(file, bytes);
    lake.withoutSpark();
    TransformResult result = lake.run();
    assertThat(result.silver().exports()).isEqualTo(List.of("e3"));
    assertThat(result.problems()).singleElement().asString().contains("of export e2");
    assertThat(lake.rows("condition")).containsExactly("d", "f");
    assertThat(lake.rows("patient")).containsExactly("a", "b", "c");
  }
}
