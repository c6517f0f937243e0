package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.transform.views.ViewCompiler;
import io.epicfhir.transform.views.ViewDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NdjsonViewsTest {
  @TempDir private Path folder;

  @Test
  void resourcesOfTheTypeAreReadFromFilesOfAny() throws IOException {
    Path file = folder.resolve("all.ndjson");
    Files.writeString(
        file,
        """
        {"resourceType":"Patient","id":"a","birthDate":"1970"}

        {"id":"o","resourceType":"Observation"}
        {"gender":"other","id":"b","resourceType":"Patient"}
        """);
    String view =
        """
        {"resourceType":"ViewDefinition","name":"people","resource":"Patient","select":[{"column":[
          {"name":"key","path":"getResourceKey()"},{"name":"born","path":"birthDate"}]}]}
        """;
    TypeViews views =
        TypeViews.of(
            ViewCompiler.compile("Patient", List.of(ViewDefinition.parse(view, "people.json"))));
    List<String> rows =
        views
            .views()
            .get(0)
            .rows()
            .apply(views.parseFiles().apply(TestLake.spark(), List.of(file)))
            .collectAsList()
            .stream()
            .map(Row::toString)
            .toList();
    assertThat(rows).containsExactlyInAnyOrder("[a,1970,a]", "[b,null,b]");
  }
}
