package io.epicfhir.load;

import static io.epicfhir.load.ViewTables.plain;
import static io.epicfhir.load.ViewTables.plainRows;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that die, and jobs that meet. The long form of the kills is a benchmark: load-kills. */
class LoadKillsTest {
  @TempDir Path folder;

  @Tag("long")
  @Test
  void deathsLeaveTheOldTableOrTheNewOne() throws Exception {
    LoadKills.Outcome outcome = new LoadKills(folder, 11).run(3);

    assertThat(outcome.kills()).filteredOn(LoadKills.Kill::died).isNotEmpty();
    assertThat(outcome.wrong()).isEmpty();
    assertThat(outcome.read()).isPositive();
    assertThat(outcome.right()).isTrue();
  }

  @Test
  void twoLoadersAtOnceLeaveTheRowsOnce() throws Exception {
    LoadRun load = new LoadRun(folder).with("lock-patience", "5 minutes");
    ViewTables.write(load.lake(), "a", plain(), plainRows(500, "x"));

    Process first = load.start(List.of(), List.of());
    Process second = load.start(List.of(), List.of());

    assertThat(List.of(first.waitFor(), second.waitFor())).containsExactly(0, 0);
    assertThat(load.query("SELECT count(*), count(DISTINCT id) FROM {}.a"))
        .containsExactly("500|500");
    assertThat(load.query("SELECT rows FROM {}_state.load_state")).containsExactly("500");
  }
}
