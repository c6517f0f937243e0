package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The faults that meet this phase, by their numbers. 26 (the same id twice), 27 (an older version
 * later) and 28 (deletion, replay, re-creation) are {@link SilverTest}'s.
 */
final class TransformFaultsTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";
  private static final String FAMILIES =
      """
      {"resourceType": "ViewDefinition", "name": "families", "resource": "Patient", "select": [
        {"column": [{"name": "key", "path": "getResourceKey()"},
                    {"name": "active", "path": "active"},
                    {"name": "family", "path": "name.first().family"}]}]}
      """;

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder.resolve("lake")).view("Patient", FAMILIES);
  }

  @Test
  void fault_29_30_46_odd_data_is_kept_and_told_and_parts_never_replace_a_whole() {
    String odd =
        "{\"resourceType\":\"Patient\",\"id\":\"o\",\"active\":\"yes\","
            + "\"name\":{\"family\":\"F\"},\"hue\":[1.50]}";
    String nul = named("n", "F\\u0000G");
    String part =
        "{\"resourceType\":\"Patient\",\"id\":\"a\","
            + "\"meta\":{\"tag\":[{\"code\":\"x\"},{\"code\":\"SUBSETTED\"}]}}";
    lake.export("e1", MONDAY)
        .resource("Patient", "a", "1", MONDAY, named("a", "Whole"))
        .resource("Patient", "n", "1", MONDAY, nul)
        .resource("Patient", "o", "1", MONDAY, odd)
        .land();
    TransformResult first = lake.transform();
    // 29: silver is verbatim, the view has null, the run tells of it.
    assertThat(lake.silver("Patient")).contains("o 1 false " + odd, "n 1 false " + nul);
    assertThat(first.views().drift().get("Patient"))
        .containsEntry("Patient.active: not a boolean", 1L)
        .containsEntry("Patient.name: not a list", 1L)
        .containsEntry("Patient: an element that is not in FHIR R4", 1L)
        .hasSize(3);
    // 30: NUL is kept as it was sent.
    assertThat(lake.rows("families")).containsExactly("a null Whole", "n null F\0G", "o null null");
    lake.export("e2", TUESDAY)
        .resource("Patient", "a", "2", TUESDAY, part)
        .resource("Patient", "b", "1", TUESDAY, part.replace("\"a\"", "\"b\""))
        .land();
    TransformResult second = lake.transform();
    // 46: a part is better than nothing, and less than any whole version.
    assertThat(lake.rows("families")).contains("a null Whole", "b null null");
    assertThat(second.silver().counts().get("Patient").parts()).isEqualTo(2);
    lake.export("e3", WEDNESDAY).resource("Patient", "b", "1", MONDAY, named("b", "Late")).land();
    lake.transform();
    assertThat(lake.rows("families")).contains("a null Whole", "b null Late");
  }

  @Test
  void fault_34_a_kill_around_a_commit_applies_it_once() throws Exception {
    TransformKills.Outcome outcome = new TransformKills(folder.resolve("kills"), 34).run(2);
    assertThat(outcome.kills()).anyMatch(TransformKills.Kill::died);
    assertThat(outcome.right()).as(outcome.kills().toString()).isTrue();
  }

  private static String named(String id, String family) {
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%s\"}]}"
        .formatted(id, family);
  }
}
