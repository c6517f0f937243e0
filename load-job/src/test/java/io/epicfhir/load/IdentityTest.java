package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.delta.DeltaLog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A number is no identity: lakes and databases come back from backups, and lakes have neighbours.
 */
class IdentityTest {
  @TempDir Path folder;

  private void restore(Path lake, Path backup) throws IOException {
    FileUtils.deleteDirectory(lake.resolve("views").toFile());
    FileUtils.copyDirectory(backup.toFile(), lake.resolve("views").toFile());
    DeltaLog.clearCache();
  }

  /** The lake has a later version than the table, on another way there. */
  @Test
  void changesAreNotTakenFromAnotherHistory() throws Exception {
    LoadRun load = new LoadRun(folder);
    Path backup = folder.resolve("backup");
    ViewTables.write(load.lake(), "a", plain(), plainRows(40, "first"));
    FileUtils.copyDirectory(load.lake().resolve("views").toFile(), backup.toFile());
    ViewTables.change(load.lake(), "a", plain(), List.of("r1"), plainRows(1, "lost"));
    assertThat(load.run()).isZero();

    restore(load.lake(), backup);
    ViewTables.change(load.lake(), "a", plain(), List.of("r2"), List.of());
    ViewTables.change(load.lake(), "a", plain(), List.of("r3"), List.of());
    assertThat(load.run()).isZero();

    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("whole");
    assertThat(load.report().at("/result/warnings")).hasSize(1);
    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("first");
    assertThat(load.query("SELECT count(*) FROM {}.a")).containsExactly("38");
  }

  /** Two pipelines with a state each, and one schema for both. */
  @Test
  void aSecondLakeIsNoticedAlsoByAnotherState() throws Exception {
    LoadRun first = new LoadRun(folder.resolve("one"));
    LoadRun second = new LoadRun(folder.resolve("two")).with("schema", first.schema());
    ViewTables.write(first.lake(), "a", plain(), plainRows(3, "one"));
    ViewTables.write(second.lake(), "a", plain(), plainRows(3, "two"));
    assertThat(first.run()).isZero();

    assertThat(second.run()).isEqualTo(2);

    assertThat(second.error()).contains(first.lake().toRealPath().toString());
    second.with("moved-from", first.lake().toString());
    assertThat(second.run()).isZero();
    assertThat(first.query("SELECT DISTINCT text FROM {}.a")).containsExactly("two");
    assertThat(first.run()).as("it has been taken over").isEqualTo(2);
  }

  /** As on two machines. */
  @Test
  void aSecondLakeAtTheSamePathIsNoticed() throws Exception {
    LoadRun first = new LoadRun(folder);
    ViewTables.write(first.lake(), "a", plain(), plainRows(3, "one"));
    assertThat(first.run()).isZero();
    FileUtils.moveDirectory(first.lake().toFile(), folder.resolve("first").toFile());
    DeltaLog.clearCache();
    LoadRun second = new LoadRun(folder).with("schema", first.schema());
    ViewTables.write(second.lake(), "a", plain(), plainRows(3, "two"));

    assertThat(second.run()).isEqualTo(2);

    assertThat(second.error())
        .contains("another lake at the path " + second.lake().toRealPath(), "load.moved-from");
    assertThat(first.query("SELECT DISTINCT text FROM {}.a")).containsExactly("one");
    second.with("moved-from", second.lake().toString());
    assertThat(second.run()).as(() -> second.error()).isZero();
  }

  /** Its path is the same, and so is its audit log. */
  @Test
  void aLakeWhoseStateGetsAnotherSchemaIsTheSameLake() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    load.with("state-schema", load.schema() + "_second");

    assertThat(load.run()).as(() -> load.error()).isZero();
  }

  @Test
  void aLakeThatIsReachedByALinkIsTheSameLake() throws Exception {
    LoadRun load = new LoadRun(folder.resolve("one"));
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    Path link = Files.createSymbolicLink(folder.resolve("two"), folder.resolve("one"));
    LoadRun again =
        new LoadRun(link)
            .with("schema", load.schema())
            .with("state-schema", load.schema() + "_state");

    assertThat(again.run()).isZero();

    assertThat(again.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
  }

  @Test
  void stateOfAnEarlierReleaseIsNotTrusted() throws Exception {
    LoadRun load = new LoadRun(folder);
    ViewTables.write(load.lake(), "a", plain(), plainRows(3, "x"));
    assertThat(load.run()).isZero();
    load.execute(
        """
        UPDATE {}.a SET text = 'spoiled';
        ALTER TABLE {}_state.load_state DROP lake, DROP commit_id, DROP relation,
          DROP table_columns, DROP row_writers, DROP verified_at, DROP comments, DROP reader_role,
          DROP warning""");

    assertThat(load.run()).isZero();

    assertThat(load.query("SELECT DISTINCT text FROM {}.a")).containsExactly("x");
    assertThat(load.run()).isZero();
    assertThat(load.report().at("/result/tables/a/loaded").asText()).isEqualTo("none");
  }
}
