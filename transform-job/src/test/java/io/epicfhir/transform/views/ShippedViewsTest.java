package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The views of conf/views over a few resources of each type, shaped as servers send them. A file of
 * the folder shipped has the cases of one type: resources, and by view the rows that they give; a
 * column that a row leaves out has no value.
 */
class ShippedViewsTest {
  private static final Path FOLDER = Path.of("..", "conf", "views");
  private static final Path CASES = Path.of("src", "test", "resources", "shipped");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  /**
   * What a view gives of some resources.
   *
   * @param rows without the columns that have no value
   */
  private record Case(String view, List<JsonNode> resources, List<JsonNode> rows) {
    @Override
    public String toString() {
      return view;
    }

    private List<String> full(List<ViewColumn> columns) {
      List<String> lines = new ArrayList<>();
      for (JsonNode row : rows) {
        ObjectNode full = JSON.createObjectNode();
        for (ViewColumn column : columns) {
          JsonNode value = row.get(column.name());
          JsonNode none = column.collection() ? JSON.createArrayNode() : JSON.nullNode();
          full.set(column.name(), value == null ? none : value);
        }
        assertThat(full.size()).as("columns of a row of %s", view).isEqualTo(columns.size());
        assertThat(row.fieldNames())
            .toIterable()
            .isSubsetOf(columns.stream().map(ViewColumn::name).toList());
        lines.add(full.toString());
      }
      return lines;
    }
  }

  static List<String> names() throws IOException {
    return files(FOLDER).stream().map(f -> f.replaceFirst("\\.json$", "")).toList();
  }

  private static List<String> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.endsWith(".json"))
          .sorted()
          .toList();
    }
  }

  private static List<Case> cases() throws IOException {
    List<Case> cases = new ArrayList<>();
    for (String file : files(CASES)) {
      for (JsonNode one : JSON.readTree(Files.readString(CASES.resolve(file)))) {
        List<JsonNode> resources = new ArrayList<>();
        one.get("resources").forEach(resources::add);
        one.get("rows")
            .properties()
            .forEach(
                rows -> {
                  List<JsonNode> expected = new ArrayList<>();
                  rows.getValue().forEach(expected::add);
                  cases.add(new Case(rows.getKey(), resources, expected));
                });
      }
    }
    return cases;
  }

  private static ViewDefinition view(String name) throws IOException {
    return ViewDefinition.parse(Files.readString(FOLDER.resolve(name + ".json")), name + ".json");
  }

  private static CompiledViews compiled(String name) throws IOException {
    ViewDefinition view = view(name);
    return ViewCompiler.compile(view.resource(), List.of(view));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void givesTheExpectedRows(Case shipped) throws IOException {
    CompiledViews compiled = compiled(shipped.view());
    List<String> keys = shipped.resources().stream().map(r -> r.get("id").asText()).toList();
    List<String> resources = shipped.resources().stream().map(JsonNode::toString).toList();
    assertThat(LocalViews.rows(compiled, 0, keys, resources))
        .containsExactlyElementsOf(shipped.full(compiled.views().get(0).columns()));
  }

  @Test
  void eachColumnHasAValueInSomeCase() throws IOException {
    Map<String, Set<String>> untried = new TreeMap<>();
    for (String name : names()) {
      Set<String> columns = new TreeSet<>();
      compiled(name).views().get(0).columns().forEach(column -> columns.add(column.name()));
      untried.put(name, columns);
    }
    for (Case shipped : cases()) {
      shipped
          .rows()
          .forEach(row -> row.fieldNames().forEachRemaining(untried.get(shipped.view())::remove));
    }
    untried.values().removeIf(Set::isEmpty);
    assertThat(untried).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("names")
  void saysWhatEachColumnMeansAndBeginsWithTheKey(String name) throws IOException {
    ViewDefinition view = view(name);
    CompiledView compiled = compiled(name).views().get(0);
    assertThat(view.name()).isEqualTo(name);
    assertThat(view.title()).isNotBlank();
    assertThat(view.description()).isNotBlank();
    assertThat(compiled.columns()).extracting(ViewColumn::description).doesNotContain("");
    assertThat(compiled.columns().get(0).name()).isEqualTo("id");
    assertThat(compiled.columns().stream().filter(c -> c.name().endsWith("_time")))
        .allSatisfy(c -> assertThat(c.ansiType()).hasValue("TIMESTAMP WITH TIME ZONE"));
  }

  @Test
  void aTargetOfAnyTypeThatHasATableHasItsType() throws IOException {
    Set<String> types = new TreeSet<>();
    for (String name : names()) {
      types.add(view(name).resource());
    }
    ObjectNode provenance =
        JSON.createObjectNode().put("id", "p").put("resourceType", "Provenance");
    types.forEach(
        type -> provenance.withArray("target").addObject().put("reference", type + "/" + type));
    List<String> rows =
        LocalViews.rows(
            compiled("provenance_target"), 0, List.of("p"), List.of(provenance.toString()));
    List<String> told = new ArrayList<>();
    for (String row : rows) {
      assertThat(JSON.readTree(row).path("resource_id"))
          .isEqualTo(JSON.readTree(row).path("resource_type"));
      told.add(JSON.readTree(row).path("resource_type").asText());
    }
    assertThat(told).containsExactlyElementsOf(types);
  }

  @Test
  void viewsOfOneTypeShareOneParse() throws IOException {
    CompiledViews both =
        ViewCompiler.compile("Observation", List.of(view("observation"), view("vital_signs")));
    String resource =
        "{\"resourceType\":\"Observation\",\"id\":\"o\",\"status\":\"final\",\"code\":{}}";
    assertThat(LocalViews.rows(both, 0, List.of("o"), List.of(resource))).hasSize(1);
    assertThat(LocalViews.rows(both, 1, List.of("o"), List.of(resource))).isEmpty();
  }
}
