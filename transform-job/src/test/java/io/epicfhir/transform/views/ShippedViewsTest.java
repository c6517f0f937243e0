package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The views of conf/views over a few resources of each type, shaped as a server sends them. */
class ShippedViewsTest {
  private static final Path FOLDER = Path.of("..", "conf", "views");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".json"))
          .map(f -> f.replaceFirst("\\.json$", ""))
          .sorted()
          .toList();
    }
  }

  private static ViewDefinition view(String name) throws IOException {
    return ViewDefinition.parse(Files.readString(FOLDER.resolve(name + ".json")), name + ".json");
  }

  @ParameterizedTest
  @MethodSource("names")
  void gives_the_expected_rows(String name) throws IOException {
    ViewDefinition view = view(name);
    CompiledViews compiled = ViewCompiler.compile(view.resource(), List.of(view));
    try (InputStream file = getClass().getResourceAsStream("/shipped/" + name + ".json")) {
      JsonNode document = JSON.readTree(file);
      List<String> keys = new ArrayList<>();
      List<String> resources = new ArrayList<>();
      for (JsonNode resource : document.get("resources")) {
        keys.add(resource.get("id").asText());
        resources.add(resource.toString());
      }
      List<String> expected = new ArrayList<>();
      document.get("rows").forEach(row -> expected.add(row.toString()));
      assertThat(LocalViews.rows(compiled, 0, keys, resources)).containsExactlyElementsOf(expected);
    }
  }

  @ParameterizedTest
  @MethodSource("names")
  void says_what_each_column_means_and_begins_with_the_key(String name) throws IOException {
    ViewDefinition view = view(name);
    CompiledView compiled = ViewCompiler.compile(view.resource(), List.of(view)).views().get(0);
    assertThat(view.name()).isEqualTo(name);
    assertThat(view.title()).isNotBlank();
    assertThat(view.description()).isNotBlank();
    assertThat(compiled.columns()).extracting(ViewColumn::description).doesNotContain("");
    assertThat(compiled.columns().get(0).name()).isEqualTo("id");
    assertThat(compiled.columns().stream().filter(c -> c.name().endsWith("_time")))
        .allSatisfy(c -> assertThat(c.ansiType()).hasValue("TIMESTAMP WITH TIME ZONE"));
  }

  @Test
  void views_of_one_type_share_one_parse() throws IOException {
    CompiledViews both =
        ViewCompiler.compile("Observation", List.of(view("observation"), view("vital_signs")));
    String resource =
        "{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":{}}";
    assertThat(LocalViews.rows(both, 0, List.of("o"), List.of(resource))).hasSize(1);
    assertThat(LocalViews.rows(both, 1, List.of("o"), List.of(resource))).isEmpty();
  }
}
