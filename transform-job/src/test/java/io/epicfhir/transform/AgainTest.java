package io.epicfhir.transform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.epicfhir.common.ExitCode;
import io.epicfhir.common.JobException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables that somebody spoiled, made anew. */
final class AgainTest {
  private static final String MONDAY = "2026-01-05T00:00:00Z";
  private static final String TUESDAY = "2026-01-06T00:00:00Z";
  private static final String WEDNESDAY = "2026-01-07T00:00:00Z";

  @TempDir private Path folder;
  private TestLake lake;
  private List<String> silver;
  private List<String> rows;

  @BeforeEach
  void aLakeOfTwoExports() {
    lake = new TestLake(folder);
    for (String type : List.of("Patient", "Condition")) {
      lake.viewOfKeys(type);
    }
    lake.export("e1", MONDAY)
        .resource("Patient", "a")
        .resource("Patient", "b")
        .resource("Condition", "c")
        .land();
    lake.export("e2", TUESDAY).resource("Patient", "d").delete("Patient/b").land();
    lake.transform();
    silver = lake.silver("Patient");
    rows = lake.rows("patient");
    assertThat(rows).containsExactly("a", "d");
  }

  @Test
  void aSilverTableGetsBackWhatWasLostAndLosesWhatWasAdded() {
    lake.somebody("silver/Patient", "DELETE FROM %s WHERE id = 'a'");
    lake.somebody("silver/Patient", "UPDATE %s SET id = 'stranger' WHERE id = 'd'");
    lake.somebody("views/patient", "UPDATE %s SET id = 'stranger' WHERE id = 'a'");
    lake.export("e3", WEDNESDAY).resource("Patient", "f").land();
    long others = lake.silverVersion("Condition");
    long othersView = lake.viewVersion("condition");

    TransformResult result = lake.transform(new Again(Set.of(), Set.of("Patient"), Set.of()));

    assertThat(lake.silver("Patient")).containsAll(silver).hasSize(silver.size() + 1);
    assertThat(lake.rows("patient")).containsExactly("a", "d", "f");
    assertThat(result.exports()).as("what was pending").containsExactly("e3");
    TypeResult patients =
        result.types().stream().filter(t -> t.type().equals("Patient")).findFirst().orElseThrow();
    assertThat(patients.landedRows()).as("pending ones").isEqualTo(1);
    assertThat(patients.silver().orElseThrow().rowsLive()).isEqualTo(3);
    assertThat(patients.silver().orElseThrow().tombstones()).isEqualTo(1);
    assertThat(lake.silverVersion("Condition")).isEqualTo(others);
    assertThat(lake.viewVersion("condition")).isEqualTo(othersView);
  }

  @Test
  void aViewIsMadeOfSilverOnceMore() {
    long version = lake.silverVersion("Patient");
    long before = lake.viewVersion("patient");
    lake.transform(new Again(Set.of(), Set.of(), Set.of("patient")));
    assertThat(lake.rows("patient")).isEqualTo(rows);
    assertThat(lake.viewVersion("patient")).isEqualTo(before + 1);
    assertThat(lake.silverVersion("Patient")).isEqualTo(version);
  }

  @Test
  void whatIsNotKnownIsToldBeforeAnythingIsDone() {
    assertThatThrownBy(() -> lake.transform(new Again(Set.of(), Set.of("Patients"), Set.of())))
        .isInstanceOfSatisfying(
            JobException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.SETTINGS))
        .hasMessage("Cannot make anew the type Patients: known are Condition, Patient");
    assertThatThrownBy(() -> lake.transform(new Again(Set.of(), Set.of(), Set.of("vitals"))))
        .hasMessage("Cannot make anew the view vitals: known are condition, patient");
  }
}
