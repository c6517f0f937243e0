package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.column;
import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static io.epicfhir.load.ViewTables.row;
import static io.epicfhir.load.ViewTables.schema;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.DataTypes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every target must do, whatever is behind it. A new target gets a subclass. */
public abstract class TargetKit {
  @TempDir public Path folder;

  /** A load into a place of its own. */
  public abstract LoadRun loadOf(Path folder);

  /** A load of another lake into the same place. */
  public abstract LoadRun neighbourOf(LoadRun load, Path folder);

  /** The rows that readers see, as {@link ViewTables#rows} writes them. */
  public abstract List<String> rows(LoadRun load, String view) throws Exception;

  /** Changes the content that readers see, and neither the number of rows nor the columns. */
  public abstract void tamper(LoadRun load, String view) throws Exception;

  private static String way(LoadRun load) {
    return load.report().at("/result/tables/a/loaded").asText();
  }

  private void assertSame(LoadRun load) throws Exception {
    assertThat(rows(load, "a")).isEqualTo(ViewTables.rows(load.lake(), "a"));
    assertThat(load.report().at("/result/tables/a/rows").asLong())
        .isEqualTo(load.report().at("/result/tables/a/view_rows").asLong())
        .isEqualTo(rows(load, "a").size());
  }

  @Test
  void aViewIsLoadedOnceThenNotAtAllThenAgain() throws Exception {
    LoadRun load = loadOf(folder);
    var numbers = schema(column("amount", DataTypes.StringType, "decimal"));
    ViewTables.write(load.lake(), "a", numbers, List.of(row("1.50", "r"), row(null, "s")));
    assertThat(load.run()).isZero();
    assertThat(way(load)).isEqualTo("whole");
    assertSame(load);

    assertThat(load.run()).isZero();
    assertThat(way(load)).isEqualTo("none");
    assertThat(load.report().at("/outputs")).isEmpty();
    assertSame(load);

    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));
    assertThat(load.run()).isZero();
    assertThat(way(load)).isEqualTo("whole");
    assertThat(load.report().at("/outputs/0/rows").asLong()).isEqualTo(4);
    assertThat(load.report().at("/result").has("warnings")).isFalse();
    assertSame(load);
  }

  @Test
  void whatSomebodyElseChangedIsLoadedAnewAndTold() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    tamper(load, "a");

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings/0").asText()).startsWith("Someone else changed ");
    assertSame(load);
  }

  /** An erasure has no page: what its load finds is for the next night's, which may have news. */
  @Test
  void whatTheLoadOfAnErasureFindsIsToldByARunThatHasAPage() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    tamper(load, "a");

    assertThat(load.inRun("erasure").run("--mode", "unjudged")).isZero();
    assertThat(way(load)).isEqualTo("whole");
    assertThat(load.inRun("erasure").run("--mode", "unjudged")).as("cleared").isZero();
    assertThat(load.report().at("/result/warnings")).as("by each try of the run").hasSize(1);
    ViewTables.write(load.lake(), "a", plain(), plainRows(4, "new"));

    for (int i = 0; i < 2; i++) { // the page of a second try takes the place of the first one's
      assertThat(load.inRun("night").run()).isZero();
      assertThat(load.report().at("/result/warnings"))
          .singleElement()
          .satisfies(w -> assertThat(w.asText()).startsWith("Someone else changed "));
    }
    assertSame(load);
    assertThat(load.inRun("last").run()).isZero();
    assertThat(load.report().at("/result").has("warnings")).as("once is enough").isFalse();
  }

  /** As many rows, the same table id, the same version: only the commit is another one. */
  @Test
  void aRestoredLakeWithTheSameNumbersIsLoadedAnewAndTold() throws Exception {
    LoadRun load = loadOf(folder);
    Path views = load.lake().resolve("views");
    Path backup = folder.resolve("backup");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "first"));
    FileUtils.copyDirectory(views.toFile(), backup.toFile());
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "lost"));
    assertThat(load.run()).isZero();

    FileUtils.deleteDirectory(views.toFile());
    FileUtils.copyDirectory(backup.toFile(), views.toFile());
    DeltaLog.clearCache();
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "new"));
    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings"))
        .singleElement()
        .satisfies(w -> assertThat(w.asText()).contains("was the lake restored from a backup?"));
    assertSame(load);
    assertThat(load.run()).isZero();
    assertThat(way(load)).isEqualTo("none");
  }

  @Test
  void aSecondLakeIsRefusedAndTheFirstOneStays() throws Exception {
    LoadRun first = loadOf(folder.resolve("one"));
    LoadRun second = neighbourOf(first, folder.resolve("two"));
    ViewTables.write(first.lake(), "a", plain(), plainRows(3, "one"));
    ViewTables.write(second.lake(), "a", plain(), plainRows(3, "two"));
    assertThat(first.run()).isZero();

    assertThat(second.run()).isEqualTo(2);

    assertThat(second.error())
        .contains(first.lake().toRealPath().toString(), "set load.moved-from = ");
    assertThat(first.run()).isZero();
    assertThat(way(first)).isEqualTo("none");
    assertThat(first.report().at("/result").has("warnings")).isFalse();
    assertSame(first);
  }

  @Test
  void aLakeThatHasMovedTakesItsTablesWithIt() throws Exception {
    LoadRun first = loadOf(folder.resolve("one"));
    LoadRun moved = neighbourOf(first, folder.resolve("two"));
    ViewTables.write(first.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(first.run()).isZero();
    FileUtils.moveDirectory(first.lake().toFile(), moved.lake().toFile());

    assertThat(moved.run()).isEqualTo(2);
    moved.with("moved-from", first.lake().toString());
    assertThat(moved.run()).isZero();

    assertSame(moved);
    assertThat(moved.with("moved-from", "").run()).isZero();
    assertThat(way(moved)).isEqualTo("none");
  }

  @Test
  void aComparisonThatIsDueFindsNothingWhereNothingIsWrong() throws Exception {
    LoadRun load = loadOf(folder).with("verify-every", "1 milliseconds");
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();

    assertThat(load.run()).isZero();

    assertThat(way(load)).isEqualTo("none");
    assertThat(load.report().at("/result").has("warnings")).isFalse();
    assertSame(load);

    ViewTables.deletionVectors(load.lake(), "a", true);
    ViewTables.change(load.lake(), "a", plain(), List.of(), List.of(row("new", "y", "new")));
    assertThat(load.run()).isZero();
    assertThat(way(load)).isNotEqualTo("none");
    assertThat(load.report().at("/result").has("warnings")).isFalse();
    assertSame(load);
  }

  @Test
  void aViewThatCannotBeReadStopsOnlyItself() throws Exception {
    LoadRun load = loadOf(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    ViewTables.write(load.lake(), "no table", plain(), plainRows(3, "x"));

    assertThat(load.run()).isEqualTo(2);

    assertThat(load.report().at("/result/refused_views/no table").asText()).isEqualTo(load.error());
    assertSame(load);
  }
}
