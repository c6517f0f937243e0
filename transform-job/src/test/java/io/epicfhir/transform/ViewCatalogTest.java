package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.JobException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ViewCatalogTest {
  @TempDir private Path folder;

  private void view(String file, String name, String resource, String path) throws IOException {
    Files.writeString(
        folder.resolve(file),
        """
        {"resourceType": "ViewDefinition", "name": "%s", "resource": "%s",
         "select": [{"column": [
           {"name": "key", "path": "getResourceKey()"},
           {"name": "other", "path": "%s"}
         ]}]}
        """
            .formatted(name, resource, path));
  }

  private ViewCatalog.Problem problem(String file) {
    return ViewCatalog.load(folder, SecurityLabels.NONE).problems().stream()
        .filter(problem -> problem.file().equals(file))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aBadViewDoesNotStopTheOthers() throws IOException {
    view("a.json", "a", "Patient", "gender");
    view("b.json", "b", "Patient", "gendre");
    view("c.json", "c", "Patent", "id");
    view("d.json", "d", "Observation", "status");
    Files.writeString(folder.resolve("e.json"), "{");
    Files.write(folder.resolve("f.json"), "\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    ViewCatalog.Read read = ViewCatalog.load(folder, SecurityLabels.NONE);
    assertThat(read.views().keySet()).containsExactly("Observation", "Patient");
    assertThat(read.views().get("Patient").views()).extracting(ViewPlan::name).containsExactly("a");
    assertThat(read.problems())
        .extracting(ViewCatalog.Problem::file)
        .containsExactly("b.json", "c.json", "e.json", "f.json");
    assertThat(read.unread()).containsExactly("e.json", "f.json");
    assertThat(
            UndefinedTable.note(
                "View patient",
                new org.apache.hadoop.fs.Path("/lake/views/patient"),
                read.unread()))
        .isEqualTo(
            "View patient may be defined in e.json or f.json, which cannot be read; its table is kept"
                + " but not updated. Correct that file.");
    assertThat(
            UndefinedTable.note(
                "View patient", new org.apache.hadoop.fs.Path("/lake/views/patient"), List.of()))
        .contains("When you no longer need the table, delete /lake/views/patient");
  }

  @Test
  void aProblemNamesFileLineAndView() throws IOException {
    view("b.json", "b", "Patient", "gendre");
    assertThat(problem("b.json"))
        .isEqualTo(
            new ViewCatalog.Problem(
                "b.json",
                Optional.of("b"),
                "b.json:4: Cannot compile view b, column other, path gendre: Patient has no element"
                    + " gendre (line 1, column 1)"));
  }

  @Test
  void anErrorOfJsonNamesFileAndLine() throws IOException {
    Files.writeString(folder.resolve("e.json"), "{\"a\": 1,\n \"b\": }");
    assertThat(problem("e.json").message())
        .startsWith("Cannot read view e.json: it is not valid JSON in line 2, column");
    assertThat(problem("e.json").view()).isEmpty();
  }

  @Test
  void whatEditorsLeaveBesideAViewIsNoView() throws IOException {
    view("a.json", "a", "Patient", "gender");
    view("._a.json", "a", "Patient", "gender");
    Files.createSymbolicLink(folder.resolve(".#b.json"), Path.of("somebody@host.123"));
    ViewCatalog.Read read = ViewCatalog.load(folder, SecurityLabels.NONE);
    assertThat(read.problems()).isEmpty();
    assertThat(read.views().get("Patient").views()).extracting(ViewPlan::name).containsExactly("a");
  }

  @Test
  void aByteOrderMarkIsNotPartOfTheView() throws IOException {
    view("a.json", "a", "Patient", "gender");
    Path file = folder.resolve("a.json");
    Files.writeString(file, "\uFEFF" + Files.readString(file));
    assertThat(ViewCatalog.load(folder, SecurityLabels.NONE).problems()).isEmpty();
    SecurityLabels labels =
        new SecurityLabels(
            List.of(new SecurityLabels.Label("", "R")),
            List.of(),
            SecurityLabels.Binaries.ALL_LABELLED);
    assertThat(ViewCatalog.load(folder, labels).problems()).isEmpty();
  }

  @Test
  void aKeyThatIsThereTwiceNamesFileAndLine() throws IOException {
    Files.writeString(
        folder.resolve("a.json"),
        "{\"resource\": \"Patient\",\n \"select\": [],\n \"select\": []}");
    assertThat(problem("a.json").message())
        .startsWith("Cannot read view a.json: a key occurs twice in line 3")
        .contains("'select'");
  }

  @Test
  void ofTwoViewsOfOneNameNoneIsUsed() throws IOException {
    view("a.json", "same", "Patient", "gender");
    view("b.json", "Same", "Observation", "status");
    view("c.json", "c", "Patient", "gender");
    ViewCatalog.Read read = ViewCatalog.load(folder, SecurityLabels.NONE);
    assertThat(read.views().keySet()).containsExactly("Patient");
    assertThat(read.problems())
        .extracting(ViewCatalog.Problem::message)
        .containsExactly(
            "view same is in a.json and in b.json; rename one of them",
            "view Same is in b.json and in a.json; rename one of them");
  }

  @Test
  void whoNeedsAllViewsIsToldAllProblems() throws IOException {
    view("a.json", "a", "Patient", "gender");
    view("b.json", "b", "Patient", "gendre");
    view("c.json", "c", "Patent", "id");
    assertThatThrownBy(() -> ViewCatalog.read(folder))
        .isInstanceOf(JobException.class)
        .hasMessageContainingAll(
            "2 to correct",
            "gendre",
            "Cannot compile views of Patent: FHIR R4 has no such resource");
  }

  @Test
  void aFolderThatIsNotThereIsAProblemOfTheSettings() {
    assertThatThrownBy(() -> ViewCatalog.load(folder.resolve("none"), SecurityLabels.NONE))
        .hasMessageContaining("Cannot list the views");
  }
}
