package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** C3: a view is of the silver that is there, whatever happened while its definition was away. */
final class ViewStateTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String MEN =
      """
      {"resourceType": "ViewDefinition", "name": "men", "resource": "Patient",
       "where": [{"path": "gender = 'male'"}],
       "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}
      """;

  private static final PreparedLake TWO_VIEWS = new PreparedLake();

  @TempDir private Path folder;
  private TestLake lake;
  private TestLake withoutViews;

  @BeforeEach
  void twoViews() {
    TWO_VIEWS.copyTo(folder, root -> makeTwoViews(withViews(root)));
    lake = withViews(folder);
    withoutViews = new TestLake(folder);
    is("a", "b");
  }

  @AfterAll
  static void forget() {
    TWO_VIEWS.close();
  }

  private static TestLake withViews(Path root) {
    return new TestLake(root).viewOfKeys("Patient").view("Patient", MEN);
  }

  private static void makeTwoViews(TestLake lake) {
    patients(lake, "e1", MONDAY, "a", "b", "c").land();
    lake.transform();
    lake.export("e2", TUESDAY).delete("Patient/c").land();
    lake.transform();
  }

  private TestLake.Export patients(String export, String time, String... ids) {
    return patients(lake, export, time, ids);
  }

  private static TestLake.Export patients(
      TestLake lake, String export, String time, String... ids) {
    TestLake.Export made = lake.export(export, time);
    for (String id : ids) {
      made.resource(
          "Patient",
          id,
          "1",
          MONDAY,
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"gender\":\"male\"}".formatted(id));
    }
    return made;
  }

  private void is(String... ids) {
    assertThat(lake.rows("patient")).containsExactly(ids);
    assertThat(lake.rows("men")).containsExactly(ids);
    assertThat(lake.live("Patient")).hasSize(ids.length);
  }

  @Test
  void changesWhileItWasAwayAreCaughtUp() {
    patients("e3", WEDNESDAY, "d").delete("Patient/a").land();
    withoutViews.transform();
    lake.transform();
    is("b", "d");
  }

  @Test
  void aRebuildWhileItWasAwayIsCaughtUp() {
    // The export commits again without b: after a rebuild no row says that b ever was there.
    patients("e1", MONDAY, "a", "c").landedAt(WEDNESDAY).land();
    assertThat(withoutViews.rebuild("Patient").problems()).isEmpty();
    lake.transform();
    is("a");
  }

  @Test
  void aRebuildAndLaterChangesWhileItWasAwayAreCaughtUp() {
    patients("e1", MONDAY, "a", "c").landedAt(WEDNESDAY).land();
    withoutViews.rebuild("Patient");
    patients("e3", WEDNESDAY, "d").land();
    withoutViews.transform();
    lake.transform();
    is("a", "d");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void anotherSilverInItsPlaceIsNoticedWhateverItsVersion(int more) {
    lake.lake().delete(lake.lake().paths().silver());
    lake.lake().delete(lake.lake().paths().state("silver.json"));
    lake.lake().delete(lake.lake().paths().state("applied"));
    lake.lake().delete(lake.lake().paths().state("landings"));
    patients("n0", MONDAY, "x").land();
    withoutViews.transform();
    for (int version = 1; version <= more; version++) {
      patients("n" + version, WEDNESDAY, "y" + version).land();
      withoutViews.transform();
    }
    assertThat(lake.silverVersion()).isEqualTo(more);
    lake.transform();
    is(more == 0 ? new String[] {"x"} : more == 1 ? ids("x", "y1") : ids("x", "y1", "y2"));
  }

  private static String[] ids(String... ids) {
    return ids;
  }

  @ParameterizedTest
  @ValueSource(strings = {"patient", "men"})
  @DisplayName("silver = view: a view with other resources than silver gives it is red")
  void aCountThatIsNotSilversIsRedUntilTheViewIsRebuilt(String view) throws IOException {
    var file = lake.lake().paths().state("views/" + view + ".json");
    JsonMapper json = JsonMapper.builder().build();
    ObjectNode state = (ObjectNode) json.readTree(lake.lake().read(file).orElseThrow());
    assertThat(state.get("resources").asLong()).isEqualTo(2);
    lake.lake().write(file, json.writeValueAsString(state.put("resources", 7)));
    patients("e3", WEDNESDAY, "d").land();
    TransformResult red = lake.run();
    assertThat(red.problems())
        .containsExactly(
            "View %s has rows of 8 Patient resources, but 3 match it in silver; rerun from transform with views = %s, which rebuilds it"
                .formatted(view, view));
    assertThat(lake.run().problems()).as("asking again does not make it right").hasSize(1);
    assertThat(lake.rebuildViews(view).problems()).isEmpty();
    is("a", "b", "d");
    lake.transform();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{\"view\": \"me", "{\"a\": 1}", "null"})
  void aStateThatCannotBeReadRebuildsItsViewOnly(String text) {
    lake.lake().write(lake.lake().paths().state("views/men.json"), text);
    patients("e3", WEDNESDAY, "d").land();
    TransformResult result = lake.transform();
    is("a", "b", "d");
    assertThat(result.views().changed()).isEqualTo(Map.of("men", "its state could not be read"));
  }

  @Test
  void aStateOfANewerPipelineStopsItsViewOnly() {
    var file = lake.lake().paths().state("views/men.json");
    String newer =
        lake.lake()
            .read(file)
            .orElseThrow()
            .replace("\"schema_version\" : 1", "\"schema_version\" : 2");
    lake.lake().write(file, newer);
    patients("e3", WEDNESDAY, "d").land();
    assertThat(lake.run().problems())
        .singleElement()
        .asString()
        .contains("a newer version of the pipeline wrote");
    assertThat(lake.rows("patient")).containsExactly("a", "b", "d");
    assertThat(lake.rows("men")).containsExactly("a", "b");
    assertThat(lake.lake().read(file)).hasValue(newer);
  }

  /** Silver's commit of the same number is another one then. */
  @ParameterizedTest
  @CsvSource({"insertion, a b d e", "update, b d", "deletion, b d"})
  void aSilverThatWasRestoredIsNoticedWhateverItsVersion(String change, String men)
      throws IOException {
    Path backup = folder.resolve("backup");
    List<String> kept = List.of("silver", "state/silver.json", "state/applied");
    for (String part : kept) {
      copy(folder.resolve(part), backup.resolve(part));
    }
    patients("e3", WEDNESDAY, "d").land();
    lake.transform();
    long version = lake.silverVersion();
    for (String part : kept) {
      FileUtils.forceDelete(folder.resolve(part).toFile());
      copy(backup.resolve(part), folder.resolve(part));
    }
    TestLake.Export night = lake.export("e4", "2026-01-08T00:00:00Z");
    switch (change) {
      case "insertion" -> night = patients("e4", "2026-01-08T00:00:00Z", "e");
      case "deletion" -> night.delete("Patient/a");
      default ->
          night.resource(
              "Patient", "a", "2", WEDNESDAY, "{\"resourceType\":\"Patient\",\"id\":\"a\"}");
    }
    night.land();

    lake.transform();

    assertThat(lake.silverVersion()).as("one commit for both").isEqualTo(version);
    assertThat(lake.rows("men")).containsExactly(men.split(" "));
    assertThat(lake.rows("patient")).hasSameSizeAs(lake.live("Patient")).contains("d");
  }

  private static void copy(Path from, Path to) throws IOException {
    if (Files.isDirectory(from)) {
      FileUtils.copyDirectory(from.toFile(), to.toFile());
    } else {
      FileUtils.copyFile(from.toFile(), to.toFile());
    }
  }

  /** A kill after silver's commit: the views do not know of the rebuild. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRebuildThatLeavesNothingAndAKillEmptyTheViews(boolean state) {
    patients("e1", MONDAY).landedAt(WEDNESDAY).land(); // again, without anybody
    withoutViews.run(
        new RebuildRequest(Set.of(), Set.of("Patient"), Set.of(), Map.of("Patient", 2L)));
    if (!state) {
      lake.lake().delete(lake.lake().paths().state("silver.json"));
    }
    assertThat(lake.run().problems()).isEmpty();
    is();
  }

  @Test
  void theWhereIsCountedOnTheWay() {
    lake.export("e3", WEDNESDAY)
        .resource("Patient", "w", "1", MONDAY, "{\"resourceType\":\"Patient\",\"id\":\"w\"}")
        .land();
    ViewState men = lake.transform().views().done().get("men").state();
    assertThat(lake.rows("men")).containsExactly("a", "b");
    assertThat(men.letThrough()).isEqualTo(2);
    assertThat(men.resources()).isEqualTo(2);
    assertThat(lake.rows("patient")).containsExactly("a", "b", "w");
  }
}
