package io.epicfhir.common.lake;

import static org.assertj.core.api.Assertions.assertThat;

import io.epicfhir.common.Json;
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

    Instant monday = Instant.parse("2026-03-02T12:00:00Z");
    Instant friday = Instant.parse("2026-03-06T12:00:00Z");
    Instant sunday = Instant.parse("2026-03-08T12:00:00Z");
    Landing first =
        landing.reduced(
            List.of(file("Patient", 19, Kind.RESOURCES), file("Bundle", 3, Kind.RESOURCES), gone),
            monday);
    Landing second =
        first.reduced(
            List.of(file("Patient", 15, Kind.RESOURCES), file("Bundle", 3, Kind.RESOURCES)),
            friday);
    Landing third = second.reduced(List.of(file("Patient", 15, Kind.RESOURCES)), sunday);

    assertThat(first.removed()).containsExactly(new Removed("Patient", 1, Kind.RESOURCES, monday));
    assertThat(second.removed())
        .containsExactly(
            new Removed("Bundle", 2, Kind.DELETIONS, friday),
            new Removed("Patient", 5, Kind.RESOURCES, friday));
    assertThat(third.removed())
        .as("each with the time when the last of its rows went")
        .containsExactly(
            new Removed("Bundle", 3, Kind.RESOURCES, sunday),
            new Removed("Bundle", 2, Kind.DELETIONS, friday),
            new Removed("Patient", 5, Kind.RESOURCES, friday));
    assertThat(Json.read(Json.write(third), Landing.class, "x")).isEqualTo(third);
    assertThat(second.landedAt()).isEqualTo(landing.landedAt());
    assertThat(second.shown(Instant.MAX, second.files()).removed()).isEqualTo(second.removed());
  }
}
