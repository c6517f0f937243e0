package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the settings say about resources by their labels, from bronze to the views. */
final class SecurityLabelsTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String CONFIDENTIALITY =
      "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void views() throws IOException {
    lake = new TestLake(folder.resolve("lake"));
    Files.createDirectories(folder.resolve("views"));
    view("everyone", "", "{\"column\": [{\"name\": \"id\", \"path\": \"getResourceKey()\"}]}");
    view(
        "named",
        "\"where\": [{\"path\": \"name.exists()\"}],",
        """
        {"column": [{"name": "id", "path": "getResourceKey()"}]},
        {"forEach": "name", "column": [{"name": "family", "path": "family"}]}""");
  }

  private void view(String name, String where, String select) throws IOException {
    Files.writeString(
        folder.resolve("views/" + name + ".json"),
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "Patient",
         %s "select": [%s]}"""
            .formatted(name, where, select));
  }

  private TestLake.Export patients(String export, String time) {
    return lake.export(export, time)
        .resource("Patient", "plain", "1", MONDAY, json("plain", "[]"))
        .resource("Patient", "r", "1", MONDAY, json("r", label(CONFIDENTIALITY, "R")))
        .resource("Patient", "v", "1", MONDAY, json("v", label("urn:other", "R")));
  }

  private static String label(String system, String code) {
    return "[{\"system\":\"urn:x\",\"code\":\"N\"},{\"system\":\"%s\",\"code\":\"%s\"}]"
        .formatted(system, code);
  }

  private static String json(String id, String labels) {
    return "{\"resourceType\":\"Patient\",\"id\":\"%s\",\"meta\":{\"security\":%s},\"name\":[{\"family\":\"of %1$s\"}]}"
        .formatted(id, labels);
  }

  private int run(String policy) throws IOException {
    Files.writeString(
        folder.resolve("pipeline.conf"),
        """
        epic-fhir { lake = lake, transform {
          views = views, deletion-vectors = off, lock-patience = 0 seconds
          security-labels { %s } } }"""
            .formatted(policy));
    return TestLake.job(folder.resolve("pipeline.conf"));
  }

  private JsonNode report() throws IOException {
    return new JsonMapper().readTree(folder.resolve("lake/metrics/etl/r1/transform.json").toFile());
  }

  @Test
  void whatThePolicyLeavesOutIsInSilverAndInNoViewAndIsCountedUntilThePolicyEnds()
      throws IOException {
    patients("e1", MONDAY).land();
    assertThat(run("leave-out = [\"" + CONFIDENTIALITY + "|R\"]")).isZero();
    assertThat(lake.rows("everyone")).containsExactly("plain", "v");
    assertThat(lake.rows("named")).containsExactly("plain of plain", "v of v");
    assertThat(lake.live("Patient")).hasSize(3);
    assertThat(report().at("/result/views/everyone/withheld").asLong()).isEqualTo(1);
    assertThat(report().at("/result/views/everyone/let_through").asLong()).isEqualTo(2);
    assertThat(report().at("/result/views/named").has("withheld"))
        .as("its own where keeps others out, too: nobody knows who of them has a label")
        .isFalse();

    // One loses its label, another one gets it.
    lake.export("e2", TUESDAY)
        .since(MONDAY)
        .resource("Patient", "r", "2", TUESDAY, json("r", "[]"))
        .resource("Patient", "plain", "2", TUESDAY, json("plain", label(CONFIDENTIALITY, "R")))
        .land();
    assertThat(run("leave-out = [\"" + CONFIDENTIALITY + "|R\"]")).isZero();
    assertThat(lake.rows("everyone")).containsExactly("r", "v");
    assertThat(report().at("/result/views/everyone/withheld").asLong()).isEqualTo(1);

    // A label without a system is meant of any.
    assertThat(run("leave-out = [X, R]")).isZero();
    assertThat(lake.rows("everyone")).containsExactly("r");
    assertThat(report().at("/result/views/everyone/withheld").asLong()).isEqualTo(2);

    assertThat(run("")).isZero();
    assertThat(lake.rows("named")).containsExactly("plain of plain", "r of r", "v of v");
    assertThat(report().at("/result/views/everyone").has("withheld")).isFalse();
  }

  @Test
  void markedResourcesStayAndEveryViewSaysWhichTheyAre() throws IOException {
    patients("e1", MONDAY).land();
    assertThat(run("mark = [\"urn:other|R\", V], leave-out = [\"" + CONFIDENTIALITY + "|R\"]"))
        .isZero();
    assertThat(lake.rows("everyone")).containsExactly("plain false", "v true");
    assertThat(lake.rows("named")).containsExactly("plain of plain false", "v of v true");
  }

  /** Few servers label it; its text may be that of a labelled document. */
  @Test
  void aBinaryIsTakenForLabelledUnlessTheSiteSaysThatItsOwnLabelsCount() throws IOException {
    Files.writeString(
        folder.resolve("views/content.json"),
        """
        {"resourceType": "ViewDefinition", "name": "content", "resource": "Binary",
         "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}""");
    String binary = "{\"resourceType\":\"Binary\",\"id\":\"%s\",\"data\":\"YQ==\"%s}";
    patients("e1", MONDAY)
        .resource("Binary", "b1", "1", MONDAY, binary.formatted("b1", ""))
        .resource(
            "Binary",
            "b2",
            "1",
            MONDAY,
            binary.formatted("b2", ",\"meta\":{\"security\":" + label("urn:x", "R") + "}"))
        .land();

    assertThat(run("leave-out = [R]")).isZero();
    assertThat(lake.rows("content")).isEmpty();
    assertThat(lake.rows("everyone")).containsExactly("plain");
    assertThat(report().at("/result/views/content/withheld").asLong()).isEqualTo(2);

    assertThat(run("mark = [R]")).isZero();
    assertThat(lake.rows("content")).containsExactly("b1 true", "b2 true");

    assertThat(run("leave-out = [R], binaries = own-labels")).isZero();
    assertThat(lake.rows("content")).containsExactly("b1");

    assertThat(run("mark = [R], binaries = own-labels")).isZero();
    assertThat(lake.rows("content")).containsExactly("b1 false", "b2 true");

    assertThat(run("mark = [R], binaries = of-documents")).isZero();
    assertThat(lake.rows("content"))
        .as("no document names them")
        .containsExactly("b1 true", "b2 true");

    patients("e2", TUESDAY)
        .since(MONDAY)
        .resource("Media", "m1", "1", TUESDAY, media("m1", "b1"))
        .resource("Media", "m2", "1", TUESDAY, media("m2", "b2"))
        .land();
    assertThat(run("mark = [R], binaries = of-documents")).isZero();
    assertThat(lake.rows("content")).containsExactly("b1 false", "b2 true");

    assertThat(run("")).isZero();
    assertThat(lake.rows("content")).containsExactly("b1", "b2");
  }

  private static String media(String id, String binary) {
    return "{\"resourceType\":\"Media\",\"id\":\"%s\",\"content\":{\"url\":\"Binary/%s\"}}"
        .formatted(id, binary);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a'b", "a b", "|R", "a|b|c", "urn:x|", "R\\\\"})
  void whatIsNoLabelIsRefusedBeforeAnyTableIsTouched(String label) throws IOException {
    assertThat(run("leave-out = [\"" + label + "\"]")).isEqualTo(2);
    assertThat(report().at("/run/error").asText())
        .contains("transform.security-labels.leave-out", "a label's code");
    assertThat(folder.resolve("lake/silver")).doesNotExist();
  }
}
