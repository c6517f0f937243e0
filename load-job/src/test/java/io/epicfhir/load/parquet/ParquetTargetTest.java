package io.epicfhir.load.parquet;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.stream.StreamSupport;
import org.apache.commons.io.FileUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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
      for (Path file : files.filter(f -> f.toString().endsWith(".parquet")).toList()) {
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
      }
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

  private Path manifest(String view) {
    return folder.resolve("export/" + view + ".json");
  }

  private void edit(String view, String pattern, String by) throws IOException {
    String text = Files.readString(manifest(view));
    String edited = text.replaceAll(pattern, by);
    assertThat(edited).isNotEqualTo(text);
    Files.writeString(manifest(view), edited);
  }

  private static List<String> warnings(LoadRun load) {
    return StreamSupport.stream(load.report().at("/result/warnings").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  private Path version(String view) throws IOException {
    try (var versions = Files.list(folder.resolve("export").resolve(view))) {
      return versions.findFirst().orElseThrow();
    }
  }

  /** Each way in which a load finds that something is wrong; the night finds another of its own. */
  @ParameterizedTest
  @CsvSource({
    "files, Someone else changed",
    "manifest, did not say which files",
    "commit, was the lake restored from a backup?"
  })
  void whatAnErasureFindsWaitsForTheNightThatFindsMore(String how, String told) throws Exception {
    LoadRun load = loadOf(folder);
    for (String view : List.of("a", "b")) {
      ViewTables.write(load.lake(), view, plain(), plainRows(3, "x"));
    }
    assertThat(load.run()).isZero();
    switch (how) {
      case "files" -> FileUtils.cleanDirectory(version("a").toFile());
      case "manifest" -> Files.writeString(manifest("a"), "{}");
      default -> edit("a", "\"commit\" : \"[^\"]+\"", "\"commit\" : \"another\"");
    }

    assertThat(load.inRun("erasure").run("--mode", "unjudged")).isZero();
    assertThat(warnings(load)).singleElement().asString().contains(told);
    tamper(load, "a");
    tamper(load, "b");

    assertThat(load.inRun("night").run()).isZero();
    assertThat(warnings(load)).hasSize(3).first().asString().contains(told);
    assertThat(warnings(load).subList(1, 3))
        .allMatch(w -> w.startsWith("Someone else changed "))
        .anyMatch(w -> w.contains("export/b "));
    assertThat(load.inRun("last").run()).isZero();
    assertThat(warnings(load)).as("once is enough").isEmpty();
  }

  @Test
  void whatARunFoundWhoseReportCouldNotBeWrittenIsToldByTheNextOne() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    tamper(load, "a");
    Files.writeString(load.lake().resolve("metrics/d/full"), "no folder");

    assertThat(load.inRun("full").run()).isEqualTo(6);

    assertThat(load.inRun("next").run()).isZero();
    assertThat(warnings(load)).singleElement().asString().startsWith("Someone else changed ");
    assertThat(load.inRun("last").run()).isZero();
    assertThat(warnings(load)).isEmpty();
  }

  /** Its manifests say by whom they were written, and not who told it: that was the same run. */
  @Test
  void whatAnEarlierReleaseHasToldIsNotToldAgain() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.inRun("old").run()).isZero();
    edit("a", ",\\s*\"told_by\" : \"\"", "");
    edit("a", "\"warning\" : \"\"", "\"warning\" : \"Look.\"");

    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
    assertThat(warnings(load)).as("by another try of the run").containsExactly("Look.");
    assertThat(load.inRun("night").run()).isZero();
    assertThat(warnings(load)).isEmpty();
  }
}
