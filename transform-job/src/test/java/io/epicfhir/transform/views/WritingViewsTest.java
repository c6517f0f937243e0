package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The worked examples of conf/WRITING-VIEWS.md: a reader must get the rows that it shows. */
class WritingViewsTest {
  private static final Path GUIDE = Path.of("..", "conf", "WRITING-VIEWS.md");
  private static final Path SHIPPED = Path.of("..", "conf", "views");
  private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * A worked example.
   *
   * @param resources one a line, as the guide has them: their digits must not pass through a parser
   * @param rows the lines of rows.ndjson
   */
  private record Example(
      String title, ViewDefinition view, List<String> resources, List<String> rows) {
    @Override
    public String toString() {
      return title;
    }
  }

  private static List<Example> examples() throws IOException {
    List<Example> examples = new ArrayList<>();
    for (String section : Files.readString(GUIDE).split("(?m)^## ", -1)) {
      if (section.startsWith("Example ")) {
        examples.add(example(section));
      }
    }
    return examples;
  }

  private static Example example(String section) {
    String title = section.lines().findFirst().orElseThrow();
    List<String> languages = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Matcher fence = FENCE.matcher(section); fence.find(); ) {
      languages.add(fence.group(1));
      texts.add(fence.group(2));
    }
    assertThat(languages).as(title).containsExactly("json", "json", "ndjson");
    return new Example(
        title,
        ViewDefinition.parse(texts.get(0), "view.json"),
        texts.get(1).lines().toList(),
        texts.get(2).lines().toList());
  }

  @Test
  void the_guide_has_three_examples_of_names_that_no_shipped_view_has() throws IOException {
    List<String> names = examples().stream().map(example -> example.view().name()).toList();
    assertThat(names).hasSize(3).doesNotHaveDuplicates();
    try (Stream<Path> files = Files.list(SHIPPED)) {
      Set<String> shipped =
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
      assertThat(names).noneMatch(name -> shipped.contains(name + ".json"));
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("examples")
  void an_example_gives_the_rows_that_the_guide_shows(Example example) throws IOException {
    ViewDefinition view = example.view();
    List<String> keys = new ArrayList<>();
    for (String resource : example.resources()) {
      JsonNode json = JSON.readTree(resource);
      assertThat(json.get("resourceType").asText()).isEqualTo(view.resource());
      keys.add(json.get("id").asText());
    }
    CompiledViews compiled = ViewCompiler.compile(view.resource(), List.of(view));
    assertThat(LocalViews.rows(compiled, 0, keys, example.resources()))
        .containsExactlyElementsOf(example.rows());
  }
}
