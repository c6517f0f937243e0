package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NdjsonViewsTest {
  @TempDir private Path folder;

  private static ViewDefinition view(String name, String paths) {
    return ViewDefinition.parse(
        "{\"resourceType\":\"ViewDefinition\",\"name\":\""
            + name
            + "\",\"resource\":\"Patient\","
            + paths
            + "}",
        name + ".json");
  }

  private static final ViewDefinition PEOPLE =
      view(
          "people",
          """
          "select":[{"column":[{"name":"key","path":"getResourceKey()"},
          {"name":"born","path":"birthDate"}]}]""");
  private static final ViewDefinition NAMES =
      view("names", "\"select\":[{\"column\":[{\"name\":\"g\",\"path\":\"name.given\"}]}]");
  private static final ViewDefinition NOBODY =
      view(
          "nobody",
          """
          "where":[{"path":"id = 'x'"}],"select":[{"column":[{"name":"key","path":"id"}]}]""");

  @BeforeEach
  void resources() throws IOException {
    Files.createDirectories(folder.resolve("in"));
    Files.writeString(
        folder.resolve("in/all.ndjson"),
        """
        {"resourceType":"Patient","id":"a","birthDate":"1970"}

        {"id":"o","resourceType":"Observation"}
        {"gender":"other","id":"b","resourceType":"Patient","name":[{"given":["A","B"]}]}
        """);
  }

  private List<String> run(ViewDefinition... views) throws IOException {
    TypeViews compiled = TypeViews.of(ViewCompiler.compile("Patient", List.of(views)));
    return new NdjsonViews(TestLake.spark(), folder.resolve("in"), folder.resolve("out"))
        .all(Map.of("Patient", compiled));
  }

  private List<String> rows(String view) {
    Stream<Row> rows =
        TestLake.spark()
            .read()
            .parquet(folder.resolve("out").resolve(view).toString())
            .collectAsList()
            .stream();
    return rows.map(Row::toString).toList();
  }

  @Test
  void resourcesOfTheTypeAreReadFromFilesOfAny() throws IOException {
    assertThat(run(PEOPLE)).isEmpty();
    assertThat(rows("people")).containsExactlyInAnyOrder("[a,1970,a]", "[b,null,b]");
  }

  @Test
  void aViewWithoutRowsIsATableWithoutRows() throws IOException {
    assertThat(run(NOBODY)).isEmpty();
    assertThat(rows("nobody")).isEmpty();
    assertThat(TestLake.spark().read().parquet(folder.resolve("out/nobody").toString()).columns())
        .containsExactly("key", "_resource_id");
  }

  @Test
  void aResourceThatDoesNotFitAViewStopsThatViewAlone() throws IOException {
    assertThat(run(PEOPLE, NAMES))
        .containsExactly(
            "Cannot evaluate view names, column g, path name.given: the path has more than one"
                + " value; take first(), or set collection to true (1 resource)");
    assertThat(rows("people")).hasSize(2);
    assertThat(folder.resolve("out/names")).doesNotExist();
  }

  @Test
  void anotherRunLeavesNothingOfTheOneBefore() throws IOException {
    run(PEOPLE);
    run(PEOPLE);
    assertThat(rows("people")).hasSize(2);
  }
}
