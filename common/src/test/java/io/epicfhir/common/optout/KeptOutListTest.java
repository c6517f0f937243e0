package io.epicfhir.common.optout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import io.epicfhir.common.lake.Lake;
import io.epicfhir.common.lake.LakePaths;
import io.epicfhir.common.lake.Landing;
import io.epicfhir.common.localfs.NioLocalFileSystem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A list that is not whole is told from one that cannot be looked at. */
class KeptOutListTest {
  private static final Set<String> ENTRIES = Set.of("Observation abc", "Patient def");

  @TempDir Path folder;
  private Lake lake;
  private Landing landing;
  private Path list;

  @BeforeEach
  void write() {
    Configuration hadoop = new Configuration();
    NioLocalFileSystem.SETTINGS.forEach(hadoop::set);
    hadoop.setBoolean("fs.file.impl.disable.cache", true);
    lake = new Lake(new LakePaths(folder.toUri().toString()), hadoop);
    landing =
        new Landing("e", "g", Instant.EPOCH, null, Instant.EPOCH, "etl/r", List.of())
            .keepingOut(KeptOut.write(lake, "e", ENTRIES).orElseThrow());
    list = folder.resolve(landing.keptOut().path());
  }

  private void isIncomplete() {
    assertThat(KeptOut.find(lake, landing)).isEmpty();
    assertThat(KeptOut.problem(lake, landing)).contains("it is missing or incomplete");
    assertThatThrownBy(() -> KeptOut.read(lake, landing))
        .hasMessageContaining("it is missing or incomplete; run the extract task of etl/r again");
  }

  @Test
  void aWholeOneHasItsEntries() {
    assertThat(KeptOut.find(lake, landing)).contains(ENTRIES);
    assertThat(KeptOut.problem(lake, landing)).isEmpty();
    assertThat(KeptOut.read(lake, landing.keepingOut(null))).isEmpty();
  }

  @Test
  void oneThatIsMissingOrCutIsIncomplete() throws IOException {
    Files.writeString(list, "Observation abc\n");
    isIncomplete();
    Files.delete(list);
    isIncomplete();
  }

  @Test
  void oneWithOtherBytesIsIncomplete() throws IOException {
    org.apache.hadoop.fs.Path file = lake.paths().at(landing.keptOut().path());
    String text = Files.readString(list);
    Files.delete(list);
    try (var out = file.getFileSystem(lake.hadoop()).create(file)) {
      out.write(text.replace('a', 'x').getBytes(StandardCharsets.UTF_8));
    }
    Files.writeString(list, text);
    isIncomplete();
  }

  @Test
  void oneThatCannotBeLookedAtIsTheStorages() throws IOException {
    Files.delete(list);
    Files.createDirectory(list);
    for (ThrowingCallable look :
        List.<ThrowingCallable>of(
            () -> KeptOut.find(lake, landing),
            () -> KeptOut.problem(lake, landing),
            () -> KeptOut.read(lake, landing))) {
      assertThatThrownBy(look)
          .isInstanceOfSatisfying(
              JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORAGE))
          .hasMessageContaining("Permission denied");
    }
  }
}
