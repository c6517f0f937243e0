package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The views as plain Parquet, without a server. */
class ParquetTargetTest {
  private static final Pattern FILES = Pattern.compile("read_parquet\\('(.*)/\\*\\.parquet'\\)");

  @TempDir Path folder;
  private LoadRun load;

  @BeforeEach
  void settings() {
    load = new LoadRun(folder).with("target", "parquet").with("export-folder", "export");
  }

  /** The rows that views.sql points at, as lines, sorted. */
  private List<String> rows(String view) throws IOException {
    String sql = Files.readString(folder.resolve("export/views.sql"));
    Matcher files =
        FILES.matcher(sql.lines().filter(l -> l.contains('"' + view + '"')).findFirst().orElse(""));
    assertThat(files.find()).isTrue();
    return ViewTables.spark().read().parquet(files.group(1)).collectAsList().stream()
        .map(row -> row.mkString("|"))
        .sorted()
        .toList();
  }

  @Test
  void viewsAreThereAsTheyStandAndDigitsStay() throws Exception {
    var numbers = schema(column("amount", DataTypes.StringType, "decimal"));
    ViewTables.write(load.lake(), "b", numbers, List.of(row("1.50", "r")));
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    assertThat(load.run()).isZero();

    assertThat(rows("a")).isEqualTo(ViewTables.rows(load.lake(), "a"));
    assertThat(rows("b")).containsExactly("1.50|r");
    assertThat(load.report().at("/result/tables/a/rows").asLong()).isEqualTo(3);
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/tables/a").has("null_share")).isFalse();
  }

  @Test
  void aSecondRunWritesNothingAndAChangeReplacesTheRows() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "old"));
    assertThat(load.run()).isZero();
    String before = Files.readString(folder.resolve("export/views.sql"));
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/changed").asBoolean(true)).isFalse();
    assertThat(Files.readString(folder.resolve("export/views.sql"))).isEqualTo(before);

    for (String text : List.of("new", "newer")) {
      ViewTables.write(load.lake(), "a", plain(), plainRows(4, text));
      assertThat(load.run()).isZero();
      assertThat(rows("a")).isEqualTo(ViewTables.rows(load.lake(), "a"));
    }

    try (var versions = Files.list(folder.resolve("export/a"))) {
      assertThat(versions).as("the true one and the one before").hasSize(2);
    }
  }

  @Test
  void filesThatSomebodyTookAreWrittenAnew() throws Exception {
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    try (var versions = Files.list(folder.resolve("export/a"))) {
      Path version = versions.findFirst().orElseThrow();
      Files.move(version, folder.resolve("away"));
    }

    assertThat(load.run()).isZero();

    assertThat(rows("a")).hasSize(3);
  }

  @Test
  void aFolderThatIsNotNamedIsAskedFor() throws Exception {
    load.with("export-folder", "");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.error()).contains("load.export-folder");
  }
}
