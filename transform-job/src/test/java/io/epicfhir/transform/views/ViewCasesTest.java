package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases of src/test/resources/views: resources, and for each view its rows or its refusal. */
class ViewCasesTest {
  /** Keeps 1.50 as 1.50, so that the digits of a decimal are compared too. */
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  static Stream<Arguments> cases() throws IOException {
    List<Arguments> cases = new ArrayList<>();
    List<String> files =
        List.of("rows", "paths", "numbers", "times", "references", "extensions", "refusals");
    for (String name : files) {
      try (InputStream file = ViewCasesTest.class.getResourceAsStream("/views/" + name + ".json")) {
        JsonNode document = JSON.readTree(file);
        for (JsonNode one : document.get("cases")) {
          String title = name + ": " + one.get("title").asText();
          cases.add(Arguments.of(title, document.get("resources"), one));
        }
      }
    }
    return cases.stream();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cases")
  void gives_the_rows_or_the_refusal_of_the_case(String title, JsonNode resources, JsonNode one)
      throws IOException {
    if (one.has("expect")) {
      assertThat(run(resources, one)).containsExactlyElementsOf(texts(one.get("expect")));
    } else {
      Throwable failure = catchThrowable(() -> run(resources, one));
      assertThat(failure).isInstanceOf(ViewException.class);
      ViewException refused = (ViewException) failure;
      assertThat(refused.kind().name().toLowerCase(java.util.Locale.ROOT))
          .isEqualTo(one.get("kind").asText());
      assertThat(refused).hasMessageContaining(one.get("message").asText());
    }
  }

  private static List<String> run(JsonNode resources, JsonNode one) {
    ObjectNode json = one.get("view").deepCopy();
    if (!json.has("resource")) {
      json.put("resource", resources.get(0).get("resourceType").asText());
    }
    ViewDefinition view = ViewDefinition.parse(json.toString(), "case.json");
    CompiledViews compiled = ViewCompiler.compile(view.resource(), List.of(view));
    List<JsonNode> taken =
        StreamSupport.stream(resources.spliterator(), false)
            .filter(r -> r.get("resourceType").asText().equals(view.resource()))
            .toList();
    return LocalViews.rows(
        compiled,
        0,
        taken.stream().map(r -> r.path("id").asText()).toList(),
        taken.stream().map(JsonNode::toString).toList());
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::toString).toList();
  }
}
