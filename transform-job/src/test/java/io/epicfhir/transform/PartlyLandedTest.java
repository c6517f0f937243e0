package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transform runs although extract failed for one of several groups: it applies what has landed. */
final class PartlyLandedTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String LATER_ON_TUESDAY = "2026-01-06T00:00:09Z";

  @TempDir private Path folder;
  private TestLake lake;

  @BeforeEach
  void makeLake() {
    lake = new TestLake(folder);
  }

  /** Extract died, or was refused, when its files lay in bronze and its commit did not. */
  @Test
  void bronzeFilesWithoutACommitAreNotRead() throws IOException {
    lake.patients("north", MONDAY, "a", "b").of("north").land();
    lake.patients("south", MONDAY, "b", "c").of("south").full("Patient").land();
    Path commit = folder.resolve("state/landings/south.json");
    String text = Files.readString(commit);
    Files.delete(commit);

    assertThat(lake.transform().silver().exports()).containsExactly("north");
    assertThat(lake.live("Patient")).containsExactly("a a", "b b");

    Files.writeString(commit, text);
    assertThat(lake.transform().silver().exports()).containsExactly("south");
    assertThat(lake.live("Patient")).containsExactly("a a", "b b", "c c");
  }

  /** Its group's export was observed before the other group's, and lands a night later. */
  @Test
  void whoMovedToTheGroupThatIsMissingIsThereAgainWhenItLands() {
    lake.patients("north1", MONDAY, "a", "moved").of("north").full("Patient").land();
    lake.patients("south1", MONDAY, "b").of("south").full("Patient").land();
    lake.transform();
    lake.patients("north2", LATER_ON_TUESDAY, "a").of("north").full("Patient").land();
    lake.transform();

    lake.patients("south2", TUESDAY, "b", "moved").of("south").full("Patient").land();
    lake.transform();

    assertThat(lake.live("Patient")).containsExactly("a a", "b b", "moved moved");
  }
}
