package io.epicfhir.extract.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ListedTypesTest {
  @Test
  void theTypesWithTablesAreThoseOfTheShippedViews() throws IOException {
    Set<String> types = new TreeSet<>();
    try (Stream<Path> files = Files.list(Path.of("..", "conf", "views"))) {
      for (Path file : files.toList()) {
        types.add(new JsonMapper().readTree(file.toFile()).path("resource").asText());
      }
    }
    types.remove("Binary"); // attachments come one by one, by crawl.attachments
    assertThat(ListedTypes.WITH_TABLES).isEqualTo(types);
  }

  @Test
  void aServerThatListsNoTypesLeavesNoneOut() {
    ListedTypes types = new ListedTypes(List.of("Patient"), Set.of());
    assertThat(types.unlisted()).isEmpty();
    assertThat(types.notAskedFor()).isEmpty();
  }
}
