package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random histories of creations, updates, deletions, repeats and replays. */
final class AnyOrderTest {
  private static final int EXPORTS = 4;
  private static final String NAMES =
      """
      {"resourceType": "ViewDefinition", "name": "names", "resource": "Patient",
       "select": [
         {"column": [{"name": "patient", "path": "getResourceKey()", "type": "string"}]},
         {"forEach": "name", "column": [
           {"name": "family", "path": "family", "type": "string"}]}]}
      """;

  /** Each seed writes its changes in another of the ways in which a table can take them. */
  private static final List<WriteSettings> WAYS =
      List.of(
          new WriteSettings(DeletionVectors.OFF, Long.MAX_VALUE),
          new WriteSettings(DeletionVectors.OFF, 0),
          new WriteSettings(DeletionVectors.ON, 0));

  @TempDir private Path folder;

  /** What a server may have said of a patient; the text holds all of it, as a server's does. */
  private record Version(String id, String number, String updated) {
    String json() {
      String family = id + " " + number + " " + updated;
      return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"name\":[{\"family\":\"%s\"}]}"
          .formatted(id, family);
    }
  }

  @ParameterizedTest(name = "the history of seed {0} ends in the same tables in any order")
  @ValueSource(longs = {1, 2, 3})
  void everyOrderEndsInTheSameTables(long seed) {
    TestLake together = lake("together");
    for (int export = 0; export < EXPORTS; export++) {
      land(together, seed, export);
    }
    together.transform();
    TestLake shuffled = lake("shuffled").writing(WAYS.get((int) seed % WAYS.size()));
    List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3));
    Collections.shuffle(order, new Random(seed));
    for (int export : order) {
      land(shuffled, seed, export);
      shuffled.transform();
    }
    assertThat(shuffled.silver("Patient")).isEqualTo(together.silver("Patient"));
    assertThat(shuffled.rows("names")).isEqualTo(together.rows("names")).isNotEmpty();
  }

  private TestLake lake(String name) {
    return new TestLake(folder.resolve(name)).view("Patient", NAMES);
  }

  private static void land(TestLake lake, long seed, int number) {
    Random random = new Random(seed * 100 + number);
    TestLake.Export export = lake.export("e" + number, "2026-01-1" + number + "T00:00:00Z");
    for (int i = 0; i < 12; i++) {
      Version version = version(random);
      if (random.nextInt(6) == 0) {
        export.delete("Patient/" + version.id());
      } else {
        export.resource(
            "Patient", version.id(), version.number(), version.updated(), version.json());
      }
    }
    export.land();
  }

  private static Version version(Random random) {
    String id = String.valueOf((char) ('a' + random.nextInt(8)));
    String number = random.nextInt(3) == 0 ? null : String.valueOf(8 + random.nextInt(4));
    String updated =
        random.nextBoolean() ? null : "2026-01-%02dT12:00:00Z".formatted(8 + random.nextInt(6));
    return new Version(id, number, updated);
  }
}
