package io.epicfhir.transform.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * ViewDefinitions of others, unchanged, over a generated cohort. Their files are not ours to ship:
 * put those of fhir-data-pipes (docker/config/views) and of Pathling
 * (encoders/src/test/resources/viewdefinitions) into build/peer-views. How many rows a view must
 * give is counted here from the resources: by a select without a forEach one, by one with a path as
 * many as it reaches, multiplied over the selects that stand side by side.
 */
class PeerViewsTest {
  private static final Path PEERS = Path.of("..", "build", "peer-views");
  private static final Path COHORT = Path.of("..", "build", "patients", "13");
  private static final int LINES = 2000;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** It reads conclusion.coding, and R4's conclusion is a text: FHIRPath has no such path. */
  private static final Set<String> REFUSED = Set.of("diagnostic_report_flat_view.json");

  /** They ask for codes of MIMIC, which the cohort does not have. */
  private static final Set<String> OF_MIMIC =
      Set.of(
          "rv_icu_encounter.json",
          "rv_o2_delivery_device.json",
          "rv_obs_bg.json",
          "rv_obs_o2_flow.json",
          "rv_obs_vitalsigns.json");

  private static List<Path> files(String peer) throws IOException {
    Path folder = PEERS.resolve(peer);
    assumeTrue(Files.isDirectory(folder), "the views of " + peer + " are not in " + folder);
    assumeTrue(Files.isDirectory(COHORT), "there is no cohort in " + COHORT);
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  private static List<String> resources(String type) throws IOException {
    List<String> lines = new ArrayList<>();
    Path file = COHORT.resolve(type + ".ndjson");
    if (Files.exists(file)) {
      try (BufferedReader reader = Files.newBufferedReader(file)) {
        for (String line = reader.readLine(); line != null && lines.size() < LINES; ) {
          lines.add(line);
          line = reader.readLine();
        }
      }
    }
    return lines;
  }

  private static List<String> rows(Path file, List<String> resources) throws IOException {
    ViewDefinition view =
        ViewDefinition.parse(Files.readString(file), file.getFileName().toString());
    CompiledViews compiled = ViewCompiler.compile(view.resource(), List.of(view));
    List<String> keys = new ArrayList<>();
    for (String resource : resources) {
      keys.add(JSON.readTree(resource).get("id").asText());
    }
    return LocalViews.rows(compiled, 0, keys, resources);
  }

  @Test
  void thoseOfFhirDataPipesGiveARowForEachCombinationOfTheirLists() throws IOException {
    int views = 0;
    for (Path file : files("fhir-data-pipes")) {
      if (REFUSED.contains(file.getFileName().toString())) {
        continue;
      }
      views++;
      assertCounted(file);
    }
    assertThat(views).isEqualTo(11);
  }

  @Test
  void thoseOfPathlingGiveTheirRows() throws IOException {
    for (Path file : files("pathling")) {
      String name = file.getFileName().toString();
      List<String> resources = resources(JSON.readTree(file.toFile()).get("resource").asText());
      if (OF_MIMIC.contains(name)) {
        assertThat(rows(file, resources)).as(name).isEmpty();
      } else if (name.equals("UsCoreBloodPressures.json")) {
        assertThat(rows(file, resources))
            .as(name)
            .hasSize((int) resources.stream().filter(r -> r.contains("\"85354-9\"")).count())
            .isNotEmpty();
      } else {
        assertCounted(file);
      }
    }
  }

  private static void assertCounted(Path file) throws IOException {
    JsonNode view = JSON.readTree(file.toFile());
    List<String> resources = resources(view.get("resource").asText());
    long expected = 0;
    for (String resource : resources) {
      expected += product(view.get("select"), JSON.readTree(resource));
    }
    assertThat(rows(file, resources)).as(file.getFileName().toString()).hasSize((int) expected);
    assertThat(expected > 0 || resources.isEmpty()).isTrue();
  }

  private static long product(JsonNode selects, JsonNode element) {
    long product = 1;
    for (JsonNode select : selects) {
      boolean orNull = select.has("forEachOrNull");
      if (!orNull && !select.has("forEach")) {
        product *= inner(select, element);
        continue;
      }
      List<JsonNode> found = reached(element, select.get(orNull ? "forEachOrNull" : "forEach"));
      long rows = found.stream().mapToLong(e -> inner(select, e)).sum();
      product *= found.isEmpty() && orNull ? 1 : rows;
    }
    return product;
  }

  private static long inner(JsonNode select, JsonNode element) {
    long rows = select.has("select") ? product(select.get("select"), element) : 1;
    if (select.has("unionAll")) {
      long union = 0;
      for (JsonNode branch : select.get("unionAll")) {
        union += product(JSON.createArrayNode().add(branch), element);
      }
      rows *= union;
    }
    return rows;
  }

  /** What a path of names reaches; value[x] by the type that it names, and official names first. */
  private static List<JsonNode> reached(JsonNode element, JsonNode path) {
    String simple =
        path.asText()
            .replaceAll("\\.ofType\\((\\w+)\\)", "$1")
            .replace("name.where(use = 'official').first()", "name#official");
    List<JsonNode> found = List.of(element);
    for (String name : List.of(simple.split("\\.", -1))) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode one : found) {
        JsonNode child = one.path(name.replace("#official", ""));
        (child.isArray() ? child : JSON.createArrayNode().add(child)).forEach(next::add);
      }
      next.removeIf(JsonNode::isMissingNode);
      if (name.endsWith("#official")) {
        next.removeIf(n -> !n.path("use").asText().equals("official"));
        next = next.isEmpty() ? next : next.subList(0, 1);
      }
      found = next;
    }
    return found;
  }
}
