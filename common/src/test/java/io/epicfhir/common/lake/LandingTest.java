package io.epicfhir.common.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.lake.Landing.File;
import io.epicfhir.common.lake.Landing.Kind;
import io.epicfhir.common.lake.Landing.Removed;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class LandingTest {
  private static File file(String type, long rows, Kind kind) {
    return new File(type, "bronze/" + type + "-" + rows + ".parquet", rows, 9, kind);
  }

  @Test
  void whatIsTakenOutOfItsFilesAddsUp() {
    File gone = file("Bundle", 2, Kind.DELETIONS);
    Landing landing =
        new Landing(
            "e",
            "g",
            Instant.EPOCH,
            null,
            Instant.EPOCH,
            "d/r",
            List.of(file("Patient", 20, Kind.RESOURCES), file("Bundle", 3, Kind.RESOURCES), gone));
    assertThat(landing.removed()).isEmpty();

    Landing first =
        landing.reduced(
            List.of(file("Patient", 19, Kind.RESOURCES), file("Bundle", 3, Kind.RESOURCES), gone));
    Landing second = first.reduced(List.of(file("Patient", 15, Kind.RESOURCES)));

    assertThat(first.removed()).containsExactly(new Removed("Patient", 1, Kind.RESOURCES));
    assertThat(second.removed())
        .containsExactly(
            new Removed("Bundle", 3, Kind.RESOURCES),
            new Removed("Bundle", 2, Kind.DELETIONS),
            new Removed("Patient", 5, Kind.RESOURCES));
    assertThat(second.landedAt()).isEqualTo(landing.landedAt());
    assertThat(second.shown(Instant.MAX, second.files()).removed()).isEqualTo(second.removed());
  }
}
