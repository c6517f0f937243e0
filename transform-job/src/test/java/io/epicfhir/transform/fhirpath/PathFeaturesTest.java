package io.epicfhir.transform.fhirpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.transform.fhirpath.PathFeatures.Feature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PathFeaturesTest {
  private static final FhirType PATIENT = FhirType.resource("Patient").orElseThrow();
  private static final Path PAGE = Path.of("VIEWS.md");

  private static Expr resolve(String path) {
    return new Typing(PATIENT, Map.of()).resolve(path, PATIENT);
  }

  static Stream<Feature> supported() {
    return Stream.concat(PathFeatures.functions().stream(), PathFeatures.operators().stream())
        .filter(Feature::supported);
  }

  static Stream<Feature> refusedFunctions() {
    return PathFeatures.functions().stream().filter(feature -> !feature.supported());
  }

  static Stream<Feature> refusedOperators() {
    return PathFeatures.operators().stream().filter(feature -> !feature.supported());
  }

  @ParameterizedTest
  @MethodSource("supported")
  void aSupportedOneResolves(Feature feature) {
    assertThat(resolve(feature.example())).isNotNull();
    assertThat(feature.example()).contains(feature.name());
  }

  @ParameterizedTest
  @MethodSource("refusedFunctions")
  void anotherFunctionIsRefused(Feature feature) {
    List<String> calls =
        Stream.of("", "'a'", "'a', 'b'", "'a', 'b', 'c'")
            .map(arguments -> "id." + feature.name() + "(" + arguments + ")")
            .toList();
    assertThat(calls)
        .allSatisfy(
            call -> assertThatThrownBy(() -> resolve(call)).isInstanceOf(PathException.class));
  }

  @ParameterizedTest
  @MethodSource("refusedOperators")
  void anotherOperatorIsRefused(Feature feature) {
    assertThatThrownBy(() -> resolve("id " + feature.name() + " id"))
        .isInstanceOf(PathException.class);
  }

  @Test
  void aRefusedFunctionSaysWhy() {
    assertThatThrownBy(() -> resolve("now()"))
        .hasMessageStartingWith(
            "the function now is not supported: a view gives the same rows every day");
  }

  @Test
  void onlyANarrativeSaysItsTextWithoutAContentType() {
    assertThat(resolve("text.div.plainText()").type()).isEqualTo(FhirType.STRING);
    assertThatThrownBy(() -> resolve("text.div.plainText('text/html')"))
        .hasMessageStartingWith("plainText of an xhtml takes no content type");
    assertThatThrownBy(() -> resolve("photo.first().data.plainText()"))
        .hasMessageStartingWith("plainText of a document takes its content type");
    assertThatThrownBy(() -> resolve("id.plainText()"))
        .hasMessageStartingWith("plainText needs a base64Binary or an xhtml, but this is");
    assertThatThrownBy(() -> resolve("text.div.sha256()"))
        .hasMessageStartingWith("sha256 needs a base64Binary, but this is xhtml");
  }

  @Test
  void thePageHasTheTablesOfTheCode() throws IOException {
    String page = Files.readString(PAGE);
    String expected = tables();
    assertThat(page)
        .as("VIEWS.md is behind the code; between the marks it must be:\n" + expected)
        .contains("<!-- features -->\n" + expected + "<!-- /features -->");
  }

  private static String tables() {
    return table("function", "()", PathFeatures.functions())
        + "\n"
        + table("operator", "", PathFeatures.operators());
  }

  private static String table(String kind, String brackets, List<Feature> features) {
    StringBuilder table = new StringBuilder("| " + kind + " | what it gives |\n|---|---|\n");
    features.stream().filter(Feature::supported).forEach(f -> table.append(line(f, brackets)));
    String without =
        features.stream()
            .filter(f -> !f.supported() && f.meaning().isEmpty())
            .map(f -> "`" + f.name() + brackets + "`")
            .collect(Collectors.joining(", "));
    table.append("\n| refused " + kind + " | why |\n|---|---|\n");
    features.stream()
        .filter(f -> !f.supported() && !f.meaning().isEmpty())
        .forEach(f -> table.append(line(f, brackets)));
    return table.append("| " + without + " | not built: no view has asked for it |\n").toString();
  }

  private static String line(Feature feature, String brackets) {
    String name = (feature.name() + brackets).replace("|", "\\|");
    return "| `" + name + "` | " + feature.meaning() + " |\n";
  }
}
