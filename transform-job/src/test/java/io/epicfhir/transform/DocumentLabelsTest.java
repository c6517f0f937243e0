package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.delta.TableLog;
import io.epicfhir.transform.SecurityLabels.Binaries;
import io.epicfhir.transform.SecurityLabels.Label;
import io.epicfhir.transform.delta.DeletionVectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A Binary has the labels of the documents that name it, on whatever night these change. */
final class DocumentLabelsTest {
  private static final SecurityLabels POLICY =
      new SecurityLabels(
          List.of(new Label("", "V")), List.of(new Label("", "R")), Binaries.OF_DOCUMENTS);
  private static final String CONTENT =
      """
      {"resourceType": "ViewDefinition", "name": "content", "resource": "Binary",
       "select": [{"column": [{"name": "id", "path": "getResourceKey()"}]}]}""";

  @TempDir private Path folder;
  private TestLake lake;
  private int night;

  private TestLake.Export export() {
    night++;
    TestLake.Export export = lake.export("e" + night, "2026-01-%02dT00:00:00Z".formatted(night));
    return night == 1 ? export : export.since("2026-01-%02dT00:00:00Z".formatted(night - 1));
  }

  private void put(TestLake.Export to, String type, String id, String label, String body) {
    to.resource(
        type,
        id,
        String.valueOf(night),
        "2026-01-%02dT00:00:00Z".formatted(night),
        "{\"resourceType\":\"%s\",\"id\":\"%s\",\"meta\":{\"security\":[{\"code\":\"%s\"}]}%s}"
            .formatted(type, id, label, body));
  }

  private void binary(TestLake.Export to, String label, String... ids) {
    for (String id : ids) {
      put(to, "Binary", id, label, ",\"data\":\"YQ==\"");
    }
  }

  private void document(TestLake.Export to, String id, String label, String... urls) {
    put(
        to,
        "DocumentReference",
        id,
        label,
        ",\"content\":["
            + Stream.of(urls)
                .map("{\"attachment\":{\"url\":\"%s\"}}"::formatted)
                .collect(Collectors.joining(","))
            + "]");
  }

  private void report(TestLake.Export to, String label, String binary) {
    put(
        to,
        "DiagnosticReport",
        "x1",
        label,
        ",\"presentedForm\":[{\"url\":\"https:\\/\\/ehr.example\\/R4\\/Binary\\/%s\"}]"
            .formatted(binary));
  }

  /** The same rows as a view that is built anew. */
  private void contentIs(String... rows) {
    assertThat(lake.rows("content")).containsExactly(rows);
    assertThat(lake.rows("twin")).containsExactly(rows);
  }

  private void night(TestLake.Export export) {
    export.land();
    assertThat(lake.rebuildViews("twin").problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"false, OFF", "true, ON"})
  void aBinaryIsLabelledAsLongAsADocumentIsThatNamesIt(boolean inSpark, DeletionVectors vectors) {
    lake =
        new TestLake(folder)
            .labels(POLICY)
            .writing(vectors)
            .view("Binary", CONTENT)
            .view("Binary", CONTENT.replace("\"content\"", "\"twin\""));
    if (inSpark) {
      lake.inSpark();
    }
    TestLake.Export first = export();
    binary(first, "N", "b1", "b2", "b3", "b4", "b6", "b7");
    binary(first, "R", "b5");
    document(first, "d1", "N", "Binary/b1", "Binary/b4", "Binary/b5");
    document(first, "d2", "R", "Binary/b2/_history/1");
    document(first, "d3", "R", "Binary/b4");
    document(first, "d4", "V", "Binary/b7");
    report(first, "N", "b6");
    night(first);
    // b3 is named by none, b5 has a label of its own, b7's document is left out.
    contentIs("b1 false", "b2 true", "b4 true", "b5 true", "b6 false");
    long version = lake.viewLog("content").version().orElseThrow();

    TestLake.Export second = export();
    document(second, "d1", "R", "Binary/b1", "Binary/b4", "Binary/b5");
    document(second, "d2", "N", "Binary/b2");
    document(second, "d4", "N", "Binary/b7");
    night(second);
    contentIs("b1 true", "b2 false", "b4 true", "b5 true", "b6 false", "b7 false");
    assertThat(lake.viewLog("content").version()).hasValue(version + 1);

    // An amended document names another Binary; of the one before nobody knows any more.
    TestLake.Export third = export();
    document(third, "d2", "N", "Binary/b3");
    report(third, "V", "b6");
    night(third);
    contentIs("b1 true", "b3 false", "b4 true", "b5 true", "b7 false");

    TestLake.Export fourth = export();
    document(fourth, "d1", "N", "Binary/b1", "Binary/b4", "Binary/b5");
    document(fourth, "d8", "N", "Binary/b8");
    fourth.delete("DocumentReference/d3", "DocumentReference/d4");
    night(fourth);
    contentIs("b1 false", "b3 false", "b4 false", "b5 true");

    // A Binary comes after its document; others change that name nothing.
    TestLake.Export fifth = export();
    binary(fifth, "N", "b8", "b9");
    put(fifth, "Patient", "p1", "R", "");
    night(fifth);
    contentIs("b1 false", "b3 false", "b4 false", "b5 true", "b8 false");

    long last = lake.viewLog("content").version().orElseThrow();
    TestLake.Export sixth = export();
    put(sixth, "Patient", "p1", "N", "");
    night(sixth);
    assertThat(lake.viewLog("content").version()).as("no row is another one").hasValue(last);
    contentIs("b1 false", "b3 false", "b4 false", "b5 true", "b8 false");
  }

  /** Silver's old files are cleaned up: nobody knows what a document named before. */
  @Test
  void withoutSilversPastTheViewIsBuiltAnew() throws IOException {
    lake = new TestLake(folder).labels(POLICY).view("Binary", CONTENT);
    TestLake.Export first = export();
    binary(first, "N", "b1", "b2");
    document(first, "d1", "N", "Binary/b1", "Binary/b2");
    first.land();
    lake.transform();
    assertThat(lake.rows("content")).containsExactly("b1 false", "b2 false");

    TestLake.Export second = export();
    document(second, "d1", "N", "Binary/b1");
    second.land();
    new TestLake(folder).labels(POLICY).transform(); // silver only
    deleteOldFilesOfSilver();
    lake.transform();

    assertThat(lake.rows("content")).as("no document names b2").containsExactly("b1 false");
  }

  private void deleteOldFilesOfSilver() throws IOException {
    var silver = lake.lake().paths().silver();
    Set<String> live = new TreeSet<>();
    TableLog.of(lake.lake(), silver)
        .snapshot()
        .orElseThrow()
        .files()
        .forEach(file -> live.add(file.in(silver).toUri().getPath()));
    try (Stream<Path> files = Files.walk(folder.resolve("silver"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        if (!live.contains(file.toString())) {
          Files.delete(file);
        }
      }
    }
  }
}
