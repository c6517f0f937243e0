package io.epicfhir.load.parquet;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.load.LoadRun;
import io.epicfhir.load.TargetKit;
import io.epicfhir.load.ViewTables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The views as plain Parquet, without a server. */
class ParquetTargetTest extends TargetKit {
  private static final Pattern FILES = Pattern.compile("read_parquet\\('(.*)/\\*\\.parquet'\\)");

  @Override
  public LoadRun loadOf(Path place) {
    return new LoadRun(place)
        .with("target", "parquet")
        .with("export-folder", folder.resolve("export").toString());
  }

  @Override
  public LoadRun neighbourOf(LoadRun load, Path place) {
    return loadOf(place);
  }

  /** The rows that views.sql points at. */
  @Override
  public List<String> rows(LoadRun load, String view) throws IOException {
    String sql = Files.readString(folder.resolve("export/views.sql"));
    Matcher files =
        FILES.matcher(sql.lines().filter(l -> l.contains('"' + view + '"')).findFirst().orElse(""));
    assertThat(files.find()).isTrue();
    return ViewTables.spark().read().parquet(files.group(1)).collectAsList().stream()
        .map(row -> row.mkString("|"))
        .sorted()
        .toList();
  }

  /** The same bytes at another time: the load did not write them. */
  @Override
  public void tamper(LoadRun load, String view) throws IOException {
    try (var files = Files.walk(folder.resolve("export").resolve(view))) {
      Path file = files.filter(f -> f.toString().endsWith(".parquet")).findFirst().orElseThrow();
      Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    }
  }

  @Test
  void theVersionBeforeStaysForThoseWhoStillReadIt() throws Exception {
    LoadRun load = loadOf(folder);
    for (String text : List.of("old", "new", "newer")) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(4, text));
      assertThat(load.run()).isZero();
    }

    try (var versions = Files.list(folder.resolve("export/a"))) {
      assertThat(versions).as("the true one and the one before").hasSize(2);
    }
    assertThat(load.report().at("/result/tables/a").has("null_share")).isFalse();
  }

  @Test
  void filesThatSomebodyTookAreWrittenAnew() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    try (var versions = Files.list(folder.resolve("export/a"))) {
      Path version = versions.findFirst().orElseThrow();
      Files.move(version, folder.resolve("away"));
    }

    assertThat(load.run()).isZero();

    assertThat(rows(load, "a")).hasSize(3);
  }

  @Test
  void viewsOfALoadThatWasKilledAreWrittenByTheNextOne() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    Files.delete(folder.resolve("export/views.sql"));

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(rows(load, "a")).hasSize(3);
  }

  @Test
  void aFolderThatIsNotNamedIsAskedFor() throws Exception {
    LoadRun load = loadOf(folder).with("export-folder", "");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error()).contains("load.export-folder");
  }

  /** The folder is the user's: what is no manifest there is left alone. */
  @ParameterizedTest
  @ValueSource(strings = {"{}", "[1]", "text", "", "{\"files\": 1}", "{\"files\": \"../b\"}"})
  void aFileThatIsNoManifestStopsNothing(String text) throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    ViewTables.write(load.lake(), "b", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    Files.writeString(folder.resolve("export/notes.json"), text);
    Files.writeString(folder.resolve("export/a.json"), text);

    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/tables/b/loaded").asText()).isEqualTo("none");
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).contains("export/a.json did not say which files"));
    assertThat(load.report().at("/notes").toString()).contains("notes.json");
    assertThat(Files.readString(folder.resolve("export/notes.json"))).isEqualTo(text);
    assertThat(rows(load, "a")).isEqualTo(rows(load, "b"));
  }
}
