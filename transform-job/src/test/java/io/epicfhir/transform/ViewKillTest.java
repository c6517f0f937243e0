package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.epicfhir.common.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A kill between a view's commit and its state file leaves neither wrong counts nor old rows. */
final class ViewKillTest {
  @TempDir private Path folder;
  private TestLake lake;

  private void settings(String where) throws IOException {
    lake = new TestLake(folder.resolve("lake"));
    for (String name : new String[] {"views", "joined"}) {
      Files.createDirectories(folder.resolve(name));
    }
    Files.writeString(
        folder.resolve("views/people.json"),
        """
        {"resourceType": "ViewDefinition", "name": "people", "resource": "Patient", %s
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}
        """
            .formatted(where));
    Files.writeString(
        folder.resolve("joined/ids.sql"),
        """
        -- title: Ids
        -- description: One row per person
        -- depends: people
        -- key: id
        SELECT id FROM people
        """);
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir { lake = lake, transform {
          views = views, joined { sql = joined, broadcast-threshold = "1 MiB" }, deletion-vectors = off, lock-patience = 30 seconds } }
        """);
  }

  private TestLake.Export men(TestLake.Export export, String... ids) {
    for (String id : ids) {
      export.resource(
          "Patient",
          id,
          "1",
          null,
          "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"gender\":\"male\"}".formatted(id));
    }
    return export;
  }

  private int killed() throws Exception {
    return ChildJvm.run(
        Transform.class, "view.committed:1", TestLake.arguments(folder.resolve("pipeline.conf")));
  }

  @ParameterizedTest
  @CsvSource({"all, insert", "men, leaving"})
  void theRerunIsGreenAndHasWhatSilverGives(String view, String change) throws Exception {
    settings(view.equals("all") ? "" : "\"where\": [{\"path\": \"gender = 'male'\"}],");
    men(lake.export("e1", "2026-01-01T00:00:00Z"), "a", "b").land();
    assertThat(TestLake.job(folder.resolve("pipeline.conf"))).isZero();
    assertThat(lake.table("joined/ids")).containsExactly("a", "b");

    TestLake.Export night = lake.export("e2", "2026-01-02T00:00:00Z");
    switch (change) {
      case "insert" -> men(night, "c");
      case "deletion" -> night.delete("Patient/b");
      default ->
          night.resource("Patient", "b", "2", null, "{\"resourceType\":\"Patient\",\"id\":\"b\"}");
    }
    night.land();
    assertThat(killed()).isEqualTo(ChildJvm.KILLED);

    assertThat(TestLake.job(folder.resolve("pipeline.conf"))).isZero();

    String[] now = change.equals("insert") ? new String[] {"a", "b", "c"} : new String[] {"a"};
    assertThat(lake.rows("people")).containsExactly(now);
    assertThat(lake.table("joined/ids")).containsExactly(now);
    JsonNode report =
        new JsonMapper().readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile());
    JsonNode people = report.at("/result/views/people");
    assertThat(people.get("resources").asLong()).isEqualTo(now.length);
    assertThat(people.get("let_through").asLong()).isEqualTo(now.length);
    assertThat(people.get("delta_version").asLong()).isEqualTo(lake.viewVersion("people"));
    assertThat(report.get("notes").toString())
        .contains(
            "View people was rebuilt: a run was killed after its commit, before it could write");

    assertThat(TestLake.job(folder.resolve("pipeline.conf"))).as("nothing new").isZero();
    assertThat(lake.viewVersion("people")).isEqualTo(people.get("delta_version").asLong());
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"all, deletion", "men, insert", "men, deletion"})
  void soItIsAfterOtherChanges(String view, String change) throws Exception {
    theRerunIsGreenAndHasWhatSilverGives(view, change);
  }
}
